import { expect, test } from "vitest";
import { pcmFormat } from "../src/api/speech";
import { Recording } from "../src/audio/recording";

function bytes(samples: number[]): Uint8Array {
  return new Uint8Array(Int16Array.from(samples).buffer);
}

test("samples are whole however the bytes are cut", () => {
  const sent = [1, -2, 300, -32768, 32767, 0, 7];
  const all = bytes(sent);
  for (let cut = 0; cut <= all.length; cut++) {
    const recording = new Recording({ rate: 8000, channels: 1 });
    recording.add(all.subarray(0, cut));
    recording.add(all.subarray(cut));
    const heard = [...recording.samples(0, 100)].map((value) => value * 32768);
    expect(heard).toEqual(sent);
    expect([...recording.samples(2, 3)].map((value) => value * 32768)).toEqual(sent.slice(2, 5));
  }
});

test("channels are mixed, and the peaks stand for 20 ms each", () => {
  const recording = new Recording({ rate: 50, channels: 2 });
  recording.add(bytes([100, 300, -16384, -16384]));
  expect(recording.frames).toBe(2);
  expect(recording.peaks).toEqual([200 / 32768, 0.5]);
});

test("a WAV file says its true size", async () => {
  const recording = new Recording({ rate: 16000, channels: 1 });
  recording.add(bytes([1, 2, 3]));
  const view = new DataView(await recording.wav().arrayBuffer());
  expect(view.byteLength).toBe(50);
  expect(view.getUint32(40, true)).toBe(6);
  expect(view.getUint32(24, true)).toBe(16000);
  expect(view.getInt16(48, true)).toBe(3);
});

test.each([
  ["audio/pcm;rate=22050", { rate: 22050, channels: 1 }],
  ["audio/pcm; rate=48000; channels=2", { rate: 48000, channels: 2 }],
  [null, { rate: 24000, channels: 1 }],
])("%s", (header, format) => expect(pcmFormat(header)).toEqual(format));
