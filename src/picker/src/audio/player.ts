import type { Recording } from "./recording";
import { openSink, type Sink } from "./sinks";

const AHEAD = 3; // seconds that the sink holds
const BLOCK = 0.1; // seconds in one push

/** Plays a recording, also one that still grows. */
export class Player {
  frames: number;
  starved = 0;
  ended = false;
  private fed: number;
  private completed = false;
  private sink: Sink | null = null;
  private closed = false;

  private constructor(
    private readonly recording: Recording,
    private readonly context: AudioContext,
    private readonly start: number,
  ) {
    this.frames = this.fed = start;
  }

  /** `context`: one that a click opened; another is made where its rate differs. */
  static async open(recording: Recording, context: AudioContext, start: number, changed: () => void): Promise<Player> {
    const player = new Player(recording, await atRate(context, recording.format.rate), start);
    const sink = await openSink(player.context, (played) => {
      player.frames = player.start + played.frames;
      player.starved = played.starved;
      if (played.ended) player.end();
      else player.feed();
      changed();
    });
    if (player.closed) sink.stop();
    else player.sink = sink;
    player.feed();
    return player;
  }

  /** To be called whenever the recording has grown. */
  feed(): void {
    const { recording, sink } = this;
    if (!sink || this.completed) return;
    const block = Math.ceil(BLOCK * recording.format.rate);
    while (this.fed - this.frames < AHEAD * recording.format.rate && this.fed < recording.frames) {
      const samples = recording.samples(this.fed, block);
      this.fed += samples.length;
      sink.push(samples);
    }
    if (recording.complete && this.fed === recording.frames) {
      this.completed = true;
      sink.complete();
    }
  }

  stop(): void {
    if (this.closed) return;
    this.closed = true;
    this.sink?.stop();
    void this.context.close();
  }

  private end(): void {
    this.ended = true;
    this.stop();
  }
}

export function openContext(rate: number): AudioContext {
  const context = new AudioContext({ sampleRate: rate });
  void context.resume();
  return context;
}

async function atRate(context: AudioContext, rate: number): Promise<AudioContext> {
  if (context.sampleRate === rate) return context;
  void context.close();
  return openContext(rate);
}
