/* Plays what is put into its queue; says how many frames it played, and when the last of them was. */
const REPORT_EVERY = 2048; // frames

class PcmPlayer extends AudioWorkletProcessor {
  constructor() {
    super();
    this.queue = [];
    this.head = 0; // frames of queue[0] that were played
    this.played = 0;
    this.starved = 0; // quanta that found too little
    this.reported = 0;
    this.complete = false;
    this.done = false;
    this.port.onmessage = ({ data }) => this.receive(data);
  }

  receive(message) {
    if (message.samples) this.queue.push(message.samples);
    if (message.complete) this.complete = true;
    if (message.reset) {
      this.queue = [];
      this.head = 0;
      this.complete = false;
      this.done = true;
    }
  }

  process(_inputs, outputs) {
    const channels = outputs[0];
    const wanted = channels[0].length;
    let filled = 0;
    while (filled < wanted && this.queue.length > 0) {
      const block = this.queue[0];
      const count = Math.min(wanted - filled, block.length - this.head);
      channels[0].set(block.subarray(this.head, this.head + count), filled);
      filled += count;
      this.head += count;
      if (this.head === block.length) {
        this.queue.shift();
        this.head = 0;
      }
    }
    for (let other = 1; other < channels.length; other++) channels[other].set(channels[0]);
    this.played += filled;
    if (filled < wanted && !this.complete && this.played > 0) this.starved++;
    this.report(this.complete && this.queue.length === 0);
    return !this.done;
  }

  report(ended) {
    if (!ended && this.played - this.reported < REPORT_EVERY) return;
    this.reported = this.played;
    if (ended) this.done = true;
    this.port.postMessage({ played: this.played, starved: this.starved, ended });
  }
}

registerProcessor("pcm-player", PcmPlayer);
