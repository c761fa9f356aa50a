import type { PcmFormat } from "../api/speech";

const PEAKS_PER_SECOND = 50;

/** Samples as they arrive, and what a waveform needs of them. Mono: more channels are mixed. */
export class Recording {
  readonly peaks: number[] = [];
  frames = 0;
  complete = false;
  private readonly blocks: Int16Array[] = [];
  private readonly starts: number[] = [];
  private rest: Uint8Array = new Uint8Array(0);
  private peak = 0;
  private inPeak = 0;

  constructor(readonly format: PcmFormat) {}

  get seconds(): number {
    return this.frames / this.format.rate;
  }

  /** Bytes cut anywhere, also within a sample. */
  add(bytes: Uint8Array): void {
    const width = 2 * this.format.channels;
    const all = new Uint8Array(this.rest.length + bytes.length);
    all.set(this.rest);
    all.set(bytes, this.rest.length);
    const whole = all.length - (all.length % width);
    this.rest = all.slice(whole);
    if (whole > 0) this.keep(this.mixed(new DataView(all.buffer, 0, whole)));
  }

  /** Up to `count` frames from `start`, as a worklet takes them. */
  samples(start: number, count: number): Float32Array<ArrayBuffer> {
    const end = Math.min(start + count, this.frames);
    const found = new Float32Array(Math.max(0, end - start));
    for (let at = start, block = this.blockOf(start); at < end; block++) {
      const from = this.starts[block] as number;
      const samples = (this.blocks[block] as Int16Array).subarray(at - from, end - from);
      for (let index = 0; index < samples.length; index++)
        found[at - start + index] = (samples[index] as number) / 32768;
      at += samples.length;
    }
    return found;
  }

  /** As a WAV file. */
  wav(): Blob {
    const header = new DataView(new ArrayBuffer(44));
    const ascii = (at: number, text: string) => {
      for (let index = 0; index < text.length; index++) header.setUint8(at + index, text.charCodeAt(index));
    };
    const bytes = this.frames * 2;
    ascii(0, "RIFF");
    header.setUint32(4, 36 + bytes, true);
    ascii(8, "WAVEfmt ");
    header.setUint32(16, 16, true);
    header.setUint16(20, 1, true);
    header.setUint16(22, 1, true);
    header.setUint32(24, this.format.rate, true);
    header.setUint32(28, this.format.rate * 2, true);
    header.setUint16(32, 2, true);
    header.setUint16(34, 16, true);
    ascii(36, "data");
    header.setUint32(40, bytes, true);
    const blocks = this.blocks.map((block) => new Uint8Array(block.buffer as ArrayBuffer));
    return new Blob([header, ...blocks], { type: "audio/wav" });
  }

  private mixed(view: DataView): Int16Array {
    const { channels } = this.format;
    const samples = new Int16Array(view.byteLength / 2 / channels);
    for (let frame = 0; frame < samples.length; frame++) {
      let sum = 0;
      for (let channel = 0; channel < channels; channel++) sum += view.getInt16((frame * channels + channel) * 2, true);
      samples[frame] = Math.round(sum / channels);
    }
    return samples;
  }

  private keep(samples: Int16Array): void {
    this.starts.push(this.frames);
    this.blocks.push(samples);
    this.frames += samples.length;
    const perPeak = Math.floor(this.format.rate / PEAKS_PER_SECOND);
    for (const sample of samples) {
      this.peak = Math.max(this.peak, Math.abs(sample));
      if (++this.inPeak === perPeak) {
        this.peaks.push(this.peak / 32768);
        this.peak = this.inPeak = 0;
      }
    }
  }

  private blockOf(frame: number): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] as number) <= frame) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

export { PEAKS_PER_SECOND };
