import { useEffect, useMemo, useRef, useState } from "react";
import type { ModelDetail, Voice } from "../api/client";
import { baseLanguages, baseOf, languageName } from "../lib/languages";
import { PlayIcon, SearchIcon, StopIcon } from "./icons";
import { Choice } from "./models";

export interface VoicesProps {
  model: ModelDetail;
  selected: string | null;
  /** The voice whose sample sounds now. */
  sounding: string | null;
  canSpeak: boolean;
  onSelect: (voice: string) => void;
  onSample: (voice: Voice) => void;
  onStop: () => void;
}

const GENDERS: [string, string][] = [
  ["female", "Female"],
  ["male", "Male"],
  ["neutral", "Neutral"],
];

/** The voices of a model: to hear, to filter and to choose. */
export function Voices(props: VoicesProps) {
  const { model, selected, onSelect } = props;
  const [text, setText] = useState("");
  const [language, setLanguage] = useState("");
  const [gender, setGender] = useState("");
  const list = useRef<HTMLUListElement>(null);
  const languages = useMemo(() => baseLanguages(model.voices.flatMap((voice) => voice.languages)), [model]);
  const genders = useMemo(() => GENDERS.filter(([id]) => model.voices.some((voice) => voice.gender === id)), [model]);
  const shown = model.voices.filter((voice) => fits(voice, text, language, gender));
  useEffect(() => {
    list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "center" });
  }, []);
  return (
    <section className="panel voices" aria-label="Voices">
      <div className="finder">
        <h2>
          Voices <span className="muted">{model.voices.length || ""}</span>
        </h2>
        {model.voices.length > 8 && (
          <div className="search">
            <SearchIcon />
            <input
              type="search"
              className="control"
              placeholder="Name, style"
              aria-label="Search voices"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </div>
        )}
        {(languages.length > 1 || genders.length > 1) && (
          <div className="filters">
            {languages.length > 1 && (
              <Choice
                label="Language"
                value={language}
                onChange={setLanguage}
                options={languages.map(({ tag, name }) => [tag, name])}
              />
            )}
            {genders.length > 1 && <Choice label="Gender" value={gender} onChange={setGender} options={genders} />}
          </div>
        )}
      </div>
      {model.voices.length > 0 && (
        <ul className="rows scroll" ref={list}>
          {shown.map((voice) => (
            <VoiceRow key={voice.id} {...props} voice={voice} current={voice.id === selected} />
          ))}
          {shown.length === 0 && <li className="empty">No voice fits.</li>}
        </ul>
      )}
      {model.custom_voices && <OwnVoice model={model} selected={selected} onSelect={onSelect} />}
      {model.voices.length === 0 && !model.custom_voices && (
        <p className="empty">This model chooses its voice, or takes it among the settings.</p>
      )}
    </section>
  );
}

function fits(voice: Voice, text: string, language: string, gender: string): boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const said = [voice.id, voice.label, voice.gender ?? "", ...voice.styles, ...voice.languages.map(languageName)]
    .join(" ")
    .toLowerCase();
  return (
    words.every((word) => said.includes(word)) &&
    (!language || voice.languages.some((tag) => baseOf(tag) === language)) &&
    (!gender || voice.gender === gender)
  );
}

function VoiceRow({
  voice,
  current,
  sounding,
  canSpeak,
  onSelect,
  onSample,
  onStop,
}: VoicesProps & { voice: Voice; current: boolean }) {
  const playing = sounding === voice.id;
  const spoken = voice.languages.map(languageName);
  const facts = [
    voice.gender,
    spoken.length > 3 ? `${spoken.slice(0, 2).join(", ")} +${spoken.length - 2}` : spoken.join(", "),
  ];
  return (
    <li className="voice" data-current={current || undefined}>
      <button
        type="button"
        className="quiet square"
        disabled={!canSpeak}
        aria-label={playing ? `Stop the sample of ${voice.label}` : `Hear a sample of ${voice.label}`}
        title={canSpeak ? "Hear a short sentence" : "Needs a credential"}
        onClick={() => (playing ? onStop() : onSample(voice))}
      >
        {playing ? <StopIcon /> : <PlayIcon />}
      </button>
      <button type="button" className="row" aria-current={current || undefined} onClick={() => onSelect(voice.id)}>
        <span className="row-title">
          <span className="name">{voice.label}</span>
          {voice.source !== "card" && <span className="tag">{voice.source}</span>}
        </span>
        <span className="row-facts" title={spoken.join(", ")}>
          {facts.filter(Boolean).join(" · ") || (voice.label === voice.id ? "" : voice.id)}
        </span>
        {voice.styles.length > 0 && <span className="row-facts styles">{voice.styles.join(", ")}</span>}
      </button>
      {voice.sample_url && (
        <a className="link small" href={voice.sample_url} target="_blank" rel="noreferrer">
          Recording
        </a>
      )}
    </li>
  );
}

function OwnVoice({
  model,
  selected,
  onSelect,
}: {
  model: ModelDetail;
  selected: string | null;
  onSelect: (voice: string) => void;
}) {
  const own = selected !== null && !model.voices.some((voice) => voice.id === selected) ? selected : "";
  const [text, setText] = useState(own);
  useEffect(() => setText(own), [own]);
  return (
    <form
      className="own-voice"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) onSelect(text.trim());
      }}
    >
      <label htmlFor="own-voice">Another voice, by its id</label>
      <div className="line">
        <input
          id="own-voice"
          className="control"
          value={text}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="small" disabled={!text.trim() || text.trim() === selected}>
          Use
        </button>
      </div>
    </form>
  );
}
