import { type RefObject, useState, useSyncExternalStore } from "react";
import { ApiError, type Credential, type ModelDetail } from "../api/client";
import { requestSpeech } from "../api/speech";
import type { Shown, Utterance } from "../audio/utterance";
import { billed, cost, counted, money, price } from "../lib/cost";
import { DownloadIcon, KeyIcon, PlayIcon, ReplayIcon, StopIcon } from "./icons";
import { ProblemNote } from "./problem";
import { Waveform } from "./waveform";

export interface SpeakProps {
  model: ModelDetail;
  text: string;
  onText: (text: string) => void;
  credentials: Credential[];
  credential: string;
  onCredential: (id: string) => void;
  utterance: Utterance;
  valid: boolean;
  field: RefObject<HTMLTextAreaElement | null>;
  onSpeak: () => void;
  onAddKey: () => void;
}

/** The text, and its speech: heard while it is made. */
export function Speak(props: SpeakProps) {
  const { model, text, onText, credentials, credential, onCredential, utterance, valid, field, onSpeak, onAddKey } =
    props;
  const shown = useSyncExternalStore(utterance.subscribe, utterance.snapshot);
  const busy = shown.phase === "waiting" || shown.phase === "speaking";
  const characters = counted(text, model.limits?.counting);
  const most = model.limits?.max_characters ?? null;
  const over = most !== null && characters > most;
  const blocked = credentials.length === 0 || over || !valid || text.trim() === "";
  return (
    <section
      className="card speak"
      aria-label="Speak"
      data-phase={shown.phase}
      data-received={shown.received}
      data-played={shown.played}
      data-starved={shown.starved}
    >
      <label className="visually-hidden" htmlFor="text">
        Text to speak
      </label>
      <textarea
        id="text"
        ref={field}
        className="control text"
        rows={4}
        value={text}
        aria-describedby="text-count"
        onChange={(event) => onText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !blocked) onSpeak();
        }}
      />
      <div className="line wrap">
        {credentials.length === 0 ? (
          <button type="button" className="primary" onClick={onAddKey}>
            <KeyIcon /> Add a credential to hear it
          </button>
        ) : busy ? (
          <button type="button" className="primary" onClick={() => utterance.stop()}>
            <StopIcon /> Stop
          </button>
        ) : (
          <button type="button" className="primary" disabled={blocked} title="Ctrl + Enter" onClick={onSpeak}>
            <PlayIcon /> Speak
          </button>
        )}
        {credentials.length > 1 && (
          <select
            className="control fit"
            aria-label="Credential"
            value={credential}
            onChange={(event) => onCredential(event.target.value)}
          >
            {credentials.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name || one.title}
              </option>
            ))}
          </select>
        )}
        <Actions shown={shown} utterance={utterance} busy={busy} />
        <span id="text-count" className="muted small count" data-over={over || undefined}>
          {characters.toLocaleString("en")}
          {most !== null && ` / ${most.toLocaleString("en")}`}{" "}
          {model.limits?.counting === "bytes" ? "bytes" : "characters"}
        </span>
      </div>
      {shown.error && <ProblemNote error={shown.error} />}
      <div className="sound" hidden={shown.phase === "idle" || (shown.phase === "failed" && !shown.recording)}>
        <Waveform
          recording={shown.recording}
          received={shown.received}
          played={shown.played}
          onSeek={(seconds) => void utterance.replay(seconds)}
        />
        <Figures model={model} shown={shown} />
      </div>
      <p className="visually-hidden" role="status">
        {STATUS[shown.phase]}
      </p>
    </section>
  );
}

const STATUS: Record<Shown["phase"], string> = {
  idle: "",
  waiting: "Waiting for the first audio",
  speaking: "Speaking",
  stopped: "Stopped",
  ended: "Spoken to the end",
  failed: "Failed",
};

function Actions({ shown, utterance, busy }: { shown: Shown; utterance: Utterance; busy: boolean }) {
  const [error, setError] = useState<ApiError | null>(null);
  const [making, setMaking] = useState(false);
  const { recording, request } = shown;
  if (!recording?.complete || !request || recording.frames === 0) return null;
  const mp3 = async () => {
    setMaking(true);
    setError(null);
    try {
      save(await (await requestSpeech(request, "mp3")).blob(), "speech.mp3");
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      setError(failure);
    } finally {
      setMaking(false);
    }
  };
  return (
    <>
      <button type="button" className="quiet" disabled={busy} onClick={() => void utterance.replay()}>
        <ReplayIcon /> Again
      </button>
      <button type="button" className="quiet" onClick={() => save(recording.wav(), "speech.wav")}>
        <DownloadIcon /> WAV
      </button>
      <button
        type="button"
        className="quiet"
        disabled={making}
        title="Is spoken once more for this, and billed once more"
        onClick={() => void mp3()}
      >
        <DownloadIcon /> {making ? "Making MP3 …" : "MP3"}
      </button>
      {error && <ProblemNote error={error} onClose={() => setError(null)} />}
    </>
  );
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function Figures({ model, shown }: { model: ModelDetail; shown: Shown }) {
  const { recording, request } = shown;
  const seconds = recording?.seconds ?? null;
  const characters = billed(request?.input ?? "", model.pricing);
  const amount =
    request?.model === model.ref ? cost(model.pricing, characters, recording?.complete ? seconds : null) : null;
  const figures: [string, string, string?][] = [
    ["First audio", shown.firstAudio === null ? "–" : `${Math.round(shown.firstAudio * 1000)} ms`],
    ["Duration", seconds === null ? "–" : `${seconds.toFixed(2)} s`],
    [
      "Made in",
      shown.madeIn === null ? "–" : `${shown.madeIn.toFixed(2)} s`,
      shown.madeIn && seconds ? `${(seconds / shown.madeIn).toFixed(1)} × real time` : undefined,
    ],
    [
      "Cost",
      amount !== null && model.pricing
        ? `≈ ${money(amount, model.pricing.currency)}`
        : model.pricing?.unit === "1m_tokens"
          ? "by tokens"
          : "not known",
      price(model.pricing) ?? undefined,
    ],
    ["Audio", recording ? `${(recording.format.rate / 1000).toLocaleString("en")} kHz` : "–"],
  ];
  if (request && request.model !== model.ref) figures.push(["Spoken by", request.model]);
  if (shown.starved > 0)
    figures.push(["Gaps", String(shown.starved), "How often there was nothing to play: the audio came too slowly"]);
  return (
    <dl className="figures">
      {figures.map(([name, value, more]) => (
        <div key={name} title={more}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
