import type { Parameters } from "../api/client";

export interface Call {
  ref: string;
  text: string;
  parameters: Parameters;
  origin: string;
}

export const SNIPPETS = { python: "Python", openai: "OpenAI client", curl: "curl" } as const;
export type Snippet = keyof typeof SNIPPETS;

/** The code for what is on screen; it holds no secret. */
export function snippet(kind: Snippet, call: Call): string {
  return { python, openai, curl }[kind](call);
}

function python({ ref, text, parameters }: Call): string {
  const { voice, ...others } = parameters;
  const reference = typeof voice === "string" ? `${ref}:${voice}` : ref;
  const rest = Object.keys(others).length > 0 ? `, ${literal(others)}` : "";
  return `import asyncio

from modeldeck.tts import tts_model


async def main() -> None:
    tts = tts_model(${literal(reference)}${rest})  # the key comes from the environment
    await tts.save(${literal(text)}, "speech.wav")


asyncio.run(main())
`;
}

function openai({ ref, text, parameters, origin }: Call): string {
  const { voice, ...others } = parameters;
  const rest = Object.keys(others).length > 0 ? `\n    extra_body={"parameters": ${literal(others)}},` : "";
  return `import os

from openai import OpenAI

client = OpenAI(base_url=${literal(`${origin}/v1`)}, api_key=os.environ["MODELDECK_TOKEN"])
with client.audio.speech.with_streaming_response.create(
    model=${literal(ref)},
    voice=${literal(typeof voice === "string" ? voice : "")},
    input=${literal(text)},
    response_format="wav",${rest}
) as speech:
    speech.stream_to_file("speech.wav")
`;
}

function curl({ ref, text, parameters, origin }: Call): string {
  const { voice, ...others } = parameters;
  const body = {
    model: ref,
    input: text,
    ...(voice === undefined ? {} : { voice }),
    response_format: "wav",
    ...(Object.keys(others).length > 0 ? { parameters: others } : {}),
  };
  const quoted = JSON.stringify(body, null, 2).replaceAll("'", "'\\''");
  return `curl ${origin}/v1/audio/speech \\
  -H "Authorization: Bearer $MODELDECK_TOKEN" \\
  -H "Content-Type: application/json" \\
  -o speech.wav \\
  -d '${quoted}'
`;
}

/** A Python literal of a JSON value. */
export function literal(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "object") {
    const items = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${literal(item)}`);
    return `{${items.join(", ")}}`;
  }
  return String(value);
}
