import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import type { Recording } from "../audio/recording";
import { PEAKS_PER_SECOND } from "../audio/recording";

const LEAST = 3; // seconds that the width stands for, until there is more
const BAR = 3; // pixels from bar to bar

interface WaveformProps {
  recording: Recording | null;
  received: number;
  played: number;
  onSeek: (seconds: number) => void;
}

/** What was received, and how far it was heard; complete, a slider to hear it from anywhere. */
export function Waveform({ recording, received, played, onSeek }: WaveformProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const scheme = useScheme();
  const seconds = recording?.seconds ?? 0;
  const at = recording ? played / recording.format.rate : 0;
  const span = recording?.complete ? seconds : Math.max(LEAST, seconds * 1.05);

  useEffect(() => {
    const element = canvas.current as HTMLCanvasElement;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew when samples came or the theme changed
  useEffect(() => {
    if (canvas.current && width > 0) draw(canvas.current, recording?.peaks ?? [], span, at);
  }, [recording, received, span, at, width, scheme]);

  const seekable = recording?.complete === true && seconds > 0;
  const moved = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -seconds, End: seconds }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    onSeek(Math.min(Math.max(0, at + step), Math.max(0, seconds - 0.05)));
  };
  return (
    <canvas
      ref={canvas}
      className="waveform"
      role="slider"
      aria-label="Position in the speech"
      aria-valuemin={0}
      aria-valuemax={Number(seconds.toFixed(2))}
      aria-valuenow={Number(at.toFixed(2))}
      aria-valuetext={`${at.toFixed(1)} of ${seconds.toFixed(1)} seconds`}
      aria-disabled={!seekable}
      tabIndex={seekable ? 0 : -1}
      onKeyDown={seekable ? moved : undefined}
      onClick={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        if (seekable) onSeek(((event.clientX - box.left) / box.width) * seconds);
      }}
    />
  );
}

function draw(canvas: HTMLCanvasElement, peaks: readonly number[], span: number, at: number): void {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const style = getComputedStyle(canvas);
  const [heard, ahead, silent] = ["--wave-heard", "--wave-ahead", "--wave-silent"].map((name) =>
    style.getPropertyValue(name),
  ) as [string, string, string];
  context.scale(ratio, ratio);
  const bars = Math.floor(width / BAR);
  const perBar = (span * PEAKS_PER_SECOND) / bars;
  for (let bar = 0; bar < bars; bar++) {
    const from = Math.floor(bar * perBar);
    const to = Math.max(from + 1, Math.floor((bar + 1) * perBar));
    let peak = -1;
    for (let index = from; index < Math.min(to, peaks.length); index++) peak = Math.max(peak, peaks[index] as number);
    context.fillStyle = peak < 0 ? silent : from / PEAKS_PER_SECOND < at ? heard : ahead;
    const tall = peak < 0 ? 2 : Math.max(2, Math.sqrt(peak) * height * 0.95);
    context.beginPath();
    context.roundRect(bar * BAR, (height - tall) / 2, BAR - 1, tall, 1);
    context.fill();
  }
}

/** Changes whenever the colours of the page do. */
function useScheme(): string {
  const query = window.matchMedia("(prefers-color-scheme: dark)");
  const read = () => `${document.documentElement.dataset.theme ?? ""} ${query.matches}`;
  const [scheme, setScheme] = useState(read);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the query is the same at each call
  useEffect(() => {
    const changed = () => setScheme(read());
    const observer = new MutationObserver(changed);
    observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    query.addEventListener("change", changed);
    return () => {
      observer.disconnect();
      query.removeEventListener("change", changed);
    };
  }, []);
  return scheme;
}
