/** What a sink has played so far, in frames. `starved`: how often it had nothing to play in mid-speech. */
export interface Played {
  frames: number;
  starved: number;
  ended: boolean;
}

export interface Sink {
  push(samples: Float32Array<ArrayBuffer>): void;
  /** Nothing more will come. */
  complete(): void;
  stop(): void;
}

type Listener = (played: Played) => void;

/** A worklet where there are some (secure contexts), else buffers scheduled one after the other. */
export async function openSink(context: AudioContext, heard: Listener): Promise<Sink> {
  if (!context.audioWorklet) return bufferSink(context, heard);
  try {
    await context.audioWorklet.addModule("/pcm-worklet.js");
    return workletSink(context, heard);
  } catch {
    return bufferSink(context, heard);
  }
}

function workletSink(context: AudioContext, heard: Listener): Sink {
  const node = new AudioWorkletNode(context, "pcm-player", { numberOfInputs: 0, outputChannelCount: [1] });
  node.port.onmessage = ({ data }) => heard({ frames: data.played, starved: data.starved, ended: data.ended });
  node.connect(context.destination);
  return {
    push: (samples) => node.port.postMessage({ samples }, [samples.buffer]),
    complete: () => node.port.postMessage({ complete: true }),
    stop: () => {
      node.port.onmessage = null;
      node.port.postMessage({ reset: true });
      node.disconnect();
    },
  };
}

function bufferSink(context: AudioContext, heard: Listener): Sink {
  const playing = new Set<AudioBufferSourceNode>();
  let next = 0;
  let frames = 0;
  let starved = 0;
  let complete = false;
  const told = () => heard({ frames, starved, ended: complete && playing.size === 0 });
  return {
    push(samples) {
      const buffer = context.createBuffer(1, samples.length, context.sampleRate);
      buffer.copyToChannel(samples, 0);
      const source = context.createBufferSource();
      source.buffer = buffer;
      source.connect(context.destination);
      source.onended = () => {
        playing.delete(source);
        frames += samples.length;
        told();
      };
      if (next > 0 && next < context.currentTime) starved++;
      next = Math.max(next, context.currentTime + 0.02);
      source.start(next);
      next += buffer.duration;
      playing.add(source);
    },
    complete() {
      complete = true;
      told();
    },
    stop() {
      for (const source of playing) {
        source.onended = null;
        source.stop();
      }
      playing.clear();
    },
  };
}
