import { errorOf, type Parameters, unreachable } from "./client";

export interface SpeechRequest {
  model: string;
  input: string;
  voice?: string;
  parameters: Parameters;
  credential?: string;
}

export interface PcmFormat {
  rate: number;
  channels: number;
}

/** `POST /v1/audio/speech`: the answer once its headers are there, or an ApiError. */
export async function requestSpeech(request: SpeechRequest, format: string, signal?: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch("/v1/audio/speech", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...request, response_format: format }),
      signal,
    });
  } catch (error) {
    throw error instanceof DOMException && error.name === "AbortError" ? error : unreachable();
  }
  if (!response.ok) throw errorOf(response, await response.json().catch(() => null));
  return response;
}

/** `audio/pcm;rate=24000;channels=1`: samples of 16 bits, little endian. */
export function pcmFormat(contentType: string | null): PcmFormat {
  const value = (name: string) => Number(new RegExp(`[; ]${name}=(\\d+)`).exec(contentType ?? "")?.[1]);
  return { rate: value("rate") || 24000, channels: value("channels") || 1 };
}
