import { createModeldeck, type Model, type Parameters, settled } from "./client";

const api = createModeldeck();
const PAGE = 200;

export interface ModelFilter {
  q: string;
  language: string;
  gender: string;
  realtime: string;
  status: string;
}

export const NO_FILTER: ModelFilter = { q: "", language: "", gender: "", realtime: "", status: "" };

export const getSession = (signal?: AbortSignal) => settled(api.GET("/api/v1/session", { signal }));
export const endSession = () => settled(api.DELETE("/api/v1/session"));

export const listTypes = (signal?: AbortSignal) => settled(api.GET("/api/v1/credential-types", { signal }));

export const listCredentials = (signal?: AbortSignal) => settled(api.GET("/api/v1/credentials", { signal }));

export const createCredential = (data: Parameters) => settled(api.POST("/api/v1/credentials", { body: { data } }));

export const updateCredential = (id: string, data: Parameters) =>
  settled(api.PATCH("/api/v1/credentials/{id}", { params: { path: { id } }, body: { data } }));

export const deleteCredential = (id: string) =>
  settled(api.DELETE("/api/v1/credentials/{id}", { params: { path: { id } } }));

export const checkCredential = (id: string) =>
  settled(api.POST("/api/v1/credentials/{id}/check", { params: { path: { id } } }));

/** What the account really has, asked for at the provider now. */
export const discoverModels = (id: string) =>
  settled(api.GET("/api/v1/credentials/{id}/models", { params: { path: { id }, query: { max_age: 0 } } }));

export const tryCredential = (data: Parameters, id?: string) =>
  settled(api.POST("/api/v1/credentials/check", { body: { data, ...(id ? { id } : {}) } }));

/** Every model that passes, in the server's order. */
export async function listModels(filter: ModelFilter, signal?: AbortSignal): Promise<Model[]> {
  const query = {
    family: "tts" as const,
    ...(filter.q ? { q: filter.q } : {}),
    ...(filter.language ? { language: filter.language } : {}),
    ...(filter.gender ? { gender: filter.gender as "female" } : {}),
    ...(filter.realtime ? { realtime: filter.realtime === "true" } : {}),
    ...(filter.status ? { status: filter.status as "active" } : {}),
    limit: PAGE,
  };
  const found: Model[] = [];
  for (;;) {
    const page = await settled(
      api.GET("/api/v1/models", { params: { query: { ...query, offset: found.length } }, signal }),
    );
    found.push(...page.models);
    if (found.length >= page.total || page.models.length === 0) return found;
  }
}

export const getModel = (ref: string, signal?: AbortSignal) =>
  settled(api.GET("/api/v1/model", { params: { query: { ref } }, signal }));

/** A model as an account was found to have it. */
export const getDiscovered = (id: string, ref: string, signal?: AbortSignal) =>
  settled(api.GET("/api/v1/credentials/{id}/model", { params: { path: { id }, query: { ref } }, signal }));

export const searchVoices = (q: string, limit: number, signal?: AbortSignal) =>
  settled(api.GET("/api/v1/voices", { params: { query: { q, limit } }, signal }));

export const validateParameters = (ref: string, parameters: Parameters, credential?: string, signal?: AbortSignal) =>
  settled(api.POST("/api/v1/validate", { body: { ref, parameters, ...(credential ? { credential } : {}) }, signal }));

export const switchModel = (from_ref: string, to_ref: string, parameters: Parameters) =>
  settled(api.POST("/api/v1/switch", { body: { from_ref, to_ref, parameters } }));

export const login = (token: string) => settled(api.POST("/api/v1/session", { body: { token } }));
