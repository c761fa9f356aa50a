import { isRecord, type Parameters } from "../api/client";

/** What the address of the page holds, so that a reload and a link keep it. */
export interface Place {
  model: string | null;
  parameters: Parameters;
}

export function readPlace(search: string): Place {
  const query = new URLSearchParams(search);
  const parameters = parsed(query.get("p"));
  const voice = query.get("voice");
  return { model: query.get("model"), parameters: voice ? { ...parameters, voice } : parameters };
}

export function writePlace({ model, parameters }: Place): string {
  const { voice, ...others } = parameters;
  const query = new URLSearchParams();
  if (model) query.set("model", model);
  if (typeof voice === "string") query.set("voice", voice);
  if (Object.keys(others).length > 0) query.set("p", JSON.stringify(others));
  const text = query.toString().replaceAll("%2F", "/").replaceAll("%3A", ":");
  return text ? `?${text}` : "";
}

function parsed(text: string | null): Parameters {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}
