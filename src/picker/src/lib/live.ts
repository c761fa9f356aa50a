import type { Credential, Model } from "../api/client";

/** What accounts were found to have: by a model's reference, whose account says so, when, and what. */
export type Live = ReadonlyMap<string, { credential: string; at: string; model: Model }>;

/** `live` with what an account says now, in the place of what it said before. */
export function withAccount(live: Live, credential: string, at: string | null, models: readonly Model[]): Live {
  const next = new Map([...live].filter(([, one]) => one.credential !== credential));
  if (at !== null) for (const model of models) if (model.live) next.set(model.ref, { credential, at, model });
  return next;
}

/** The deck with the accounts' models in the place of the shipped ones, and those that no card describes after them. */
export function merged(models: readonly Model[], live: Live, credentials: readonly Credential[]): Model[] {
  const there = new Set(credentials.map((one) => one.id));
  const found = new Map([...live].filter(([, one]) => there.has(one.credential)));
  const known = new Set(models.map((one) => one.ref));
  const more = [...found.values()].map((one) => one.model).filter((one) => !known.has(one.ref));
  return [...models.map((one) => found.get(one.ref)?.model ?? one), ...more];
}
