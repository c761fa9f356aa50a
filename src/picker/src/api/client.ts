import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Model = Schemas["Model"];
export type ModelDetail = Schemas["ModelDetail"];
export type Voice = Schemas["Voice"];
export type VoiceOfModel = Schemas["VoiceOfModel"];
export type Credential = Schemas["Credential"];
export type CredentialType = Schemas["CredentialType"];
export type Diagnosis = Schemas["Diagnosis"];
export type LiveModels = Schemas["LiveModels"];
export type SwitchResult = Schemas["SwitchResult"];
/** What is null is left out. */
export type Problem = Pick<Schemas["Problem"], "type" | "title" | "status" | "detail" | "code"> &
  Partial<Omit<Schemas["Problem"], "errors">> & { errors?: Finding[] | null };
/** What is wrong with one parameter. */
export type Finding = Pick<Schemas["ProblemItem"], "message"> & Partial<Schemas["ProblemItem"]>;
export type Parameters = Record<string, unknown>;
export type ModeldeckClient = Client<paths>;

/** What the server refused, or that it could not be reached (status 0), in words for people. */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "ApiError";
  }

  get status(): number {
    return this.problem.status;
  }
}

export function unreachable(): ApiError {
  const detail = "The server does not answer. Is `modeldeck serve` still running?";
  return new ApiError({ type: "about:blank", title: "Not reachable", status: 0, detail, code: "Unreachable" });
}

/** The typed client of the HTTP API. Browsers bring their session cookie; others give a token. */
export function createModeldeck(options: { baseUrl?: string; token?: string } = {}): ModeldeckClient {
  const headers = options.token ? { Authorization: `Bearer ${options.token}` } : undefined;
  return createClient<paths>({ baseUrl: options.baseUrl ?? "", headers });
}

/** The error that an answer carries: problem details, OpenAI's form, or none that can be read. */
export function errorOf(response: Response, body: unknown): ApiError {
  const given = isRecord(body) ? body : {};
  const nested = isRecord(given.error) ? given.error : null;
  const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);
  const detail =
    text(nested?.message) ?? text(given.detail) ?? text(given.title) ?? `The server answered ${response.status}.`;
  const parameter = text(nested?.param);
  return new ApiError({
    type: "about:blank",
    title: response.statusText || `Error ${response.status}`,
    code: text(nested?.code) ?? `Http${response.status}`,
    ...(nested ? {} : given),
    ...(parameter ? { errors: [{ parameter, message: detail }] } : {}),
    status: response.status,
    detail,
  });
}

/** The data of an answer, or an ApiError. */
export async function settled<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let answer: { data?: T; error?: unknown; response: Response };
  try {
    answer = await call;
  } catch (error) {
    throw error instanceof DOMException && error.name === "AbortError" ? error : unreachable();
  }
  if (!answer.response.ok) throw errorOf(answer.response, answer.error);
  return answer.data as T;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
