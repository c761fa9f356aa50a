import { ApiError } from "../api/client";
import { pcmFormat, requestSpeech, type SpeechRequest } from "../api/speech";
import { openContext, Player } from "./player";
import { Recording } from "./recording";

export type Phase = "idle" | "waiting" | "speaking" | "stopped" | "ended" | "failed";

/** One utterance as the page shows it; times in seconds. */
export interface Shown {
  phase: Phase;
  request: SpeechRequest | null;
  recording: Recording | null;
  received: number;
  played: number;
  starved: number;
  firstAudio: number | null;
  madeIn: number | null;
  error: ApiError | null;
}

const NOTHING: Shown = {
  phase: "idle",
  request: null,
  recording: null,
  received: 0,
  played: 0,
  starved: 0,
  firstAudio: null,
  madeIn: null,
  error: null,
};

let sounding: Utterance | null = null;
let usualRate = 24000; // Hz: what the last speech had

/** Speaks, is heard while it is made, and can be heard again. One at a time sounds on the page. */
export class Utterance {
  private shown: Shown = NOTHING;
  private player: Player | null = null;
  private request: AbortController | null = null;
  private readonly listeners = new Set<() => void>();
  private turn = 0;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): Shown => this.shown;

  /** To be called in a click's handler. */
  async speak(request: SpeechRequest): Promise<void> {
    const turn = this.begin();
    const context = openContext(usualRate);
    const abort = new AbortController();
    this.request = abort;
    const begun = performance.now();
    this.show({ ...NOTHING, phase: "waiting", request });
    try {
      const response = await requestSpeech(request, "pcm", abort.signal);
      const recording = new Recording(pcmFormat(response.headers.get("Content-Type")));
      usualRate = recording.format.rate;
      await this.receive(response, recording, context, begun, turn);
    } catch (error) {
      if (turn !== this.turn) return;
      this.player?.stop();
      if (!this.player) void context.close();
      const failure = error instanceof ApiError ? error : broken(this.shown.recording);
      if (this.shown.recording) this.shown.recording.complete = true;
      this.show({ phase: "failed", error: failure });
    }
  }

  /** From the beginning, or from a moment in seconds; what was made is not made again. */
  async replay(from = 0): Promise<void> {
    const { recording } = this.shown;
    if (!recording?.complete) return;
    const turn = this.begin();
    this.show({ phase: "speaking", error: null });
    await this.play(recording, openContext(recording.format.rate), from, turn);
  }

  stop(): void {
    this.turn++;
    this.request?.abort();
    this.request = null;
    this.player?.stop();
    this.player = null;
    if (sounding === this) sounding = null;
    if (this.shown.recording) this.shown.recording.complete = true;
    if (this.shown.phase === "waiting" || this.shown.phase === "speaking") this.show({ phase: "stopped" });
  }

  private begin(): number {
    sounding?.stop();
    this.stop();
    sounding = this;
    return ++this.turn;
  }

  private async receive(response: Response, recording: Recording, context: AudioContext, begun: number, turn: number) {
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const seconds = () => (performance.now() - begun) / 1000;
    let opening: Promise<void> | null = null;
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      if (turn !== this.turn) return;
      recording.add(piece.value);
      if (!opening && recording.frames > 0) {
        this.show({ phase: "speaking", recording, firstAudio: seconds() });
        opening = this.play(recording, context, 0, turn);
      }
      this.show({ received: recording.frames });
      this.player?.feed();
    }
    if (turn !== this.turn) return;
    recording.complete = true;
    this.show({ recording, received: recording.frames, madeIn: seconds() });
    if (!opening) throw nothing();
    await opening;
    this.player?.feed();
  }

  private async play(recording: Recording, context: AudioContext, from: number, turn: number): Promise<void> {
    const start = Math.min(Math.floor(from * recording.format.rate), recording.frames);
    let player: Player | null = null;
    const changed = () => {
      if (turn !== this.turn || !player) return;
      const phase = player.ended ? "ended" : this.shown.phase;
      this.show({ phase, played: player.frames, starved: player.starved });
    };
    player = await Player.open(recording, context, start, changed);
    if (turn !== this.turn) player.stop();
    else this.player = player;
  }

  private show(change: Partial<Shown>): void {
    this.shown = { ...this.shown, ...change };
    for (const listener of this.listeners) listener();
  }
}

function broken(recording: Recording | null): ApiError {
  const heard = recording ? ` after ${recording.seconds.toFixed(1)} s of audio` : "";
  const detail = `The speech broke off${heard}: the provider or the connection failed while it was made.`;
  return new ApiError({ type: "about:blank", title: "Broken off", status: 0, detail, code: "BrokenOff" });
}

function nothing(): ApiError {
  const detail = "The provider sent no audio for this text.";
  return new ApiError({ type: "about:blank", title: "No audio", status: 0, detail, code: "NoAudio" });
}
