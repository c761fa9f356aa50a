import type { RJSFSchema } from "@rjsf/utils";
import type { Model, ModelDetail } from "../api/client";
import { titlesOf } from "../forms/schema";
import type { Switched } from "../lib/choice";
import { price } from "../lib/cost";
import { baseLanguages } from "../lib/languages";
import { CloseIcon, InfoIcon, WarnIcon } from "./icons";
import { ending } from "./models";

export interface ModelHeadProps {
  model: ModelDetail;
  models: Model[];
  voice: string | null;
  onChoose: (ref: string) => void;
  onVoices: () => void;
}

/** What the model is. */
export function ModelHead({ model, models, voice, onChoose, onVoices }: ModelHeadProps) {
  const bases = baseLanguages(model.languages);
  const instead = models.find((one) => one.provider === model.provider && one.name === model.replacement);
  const facts = [
    model.realtime ? "Takes text while it speaks" : "Takes whole texts",
    bases.length > 0 && (bases.length > 3 ? `${bases.length} languages` : bases.map(({ name }) => name).join(", ")),
    price(model.pricing),
    model.audio?.sample_rate && `${(model.audio.sample_rate / 1000).toLocaleString("en")} kHz`,
  ].filter(Boolean);
  return (
    <header className="model-head">
      <h1>
        {model.label} <code className="muted">{model.ref}</code>
      </h1>
      <p className="muted" title={bases.map(({ name }) => name).join(", ")}>
        {facts.join(" · ")}
        {model.source && (
          <>
            {" · "}
            <a
              href={model.source}
              target="_blank"
              rel="noreferrer"
              title={model.verified ? `Read on ${model.verified}` : undefined}
            >
              Source
            </a>
          </>
        )}
      </p>
      <p className="voice-line">
        Voice{" "}
        <strong>
          {voice ??
            ((model.parameter_schema as RJSFSchema).required?.includes("voice")
              ? "none chosen yet"
              : "chosen by the model")}
        </strong>
        <button type="button" className="link to-voices" onClick={onVoices}>
          Change
        </button>
      </p>
      {model.status !== "active" && (
        <div className="note warn" role="note">
          <WarnIcon />
          <p className="note-body">
            <strong>{model.status === "sunset" ? "Switched off by its provider" : "Deprecated"}</strong>
            {ending(model) && <> – {ending(model)}</>}
          </p>
          {instead && (
            <button type="button" className="small" onClick={() => onChoose(instead.ref)}>
              Change to {instead.label}
            </button>
          )}
        </div>
      )}
    </header>
  );
}

interface SwitchNoteProps {
  switched: Switched;
  model: ModelDetail;
  models: Model[];
  onBack: () => void;
  onClose: () => void;
}

/** What a change of the model did to the settings: kept, dropped, and why. */
export function SwitchNote({ switched, model, models, onBack, onClose }: SwitchNoteProps) {
  const { from, result } = switched;
  const own = titlesOf(model.parameter_schema as RJSFSchema);
  const titles: Record<string, string> = { ...switched.titles, ...own };
  const label = models.find((one) => one.ref === from)?.label ?? from;
  return (
    <div className="note info" role="status" data-note="switched">
      <InfoIcon />
      <div className="note-body">
        <p>
          Changed from <strong>{label}</strong>.{" "}
          {result.kept.length > 0 ? (
            <>Kept: {result.kept.map((name) => titles[name] ?? name).join(", ")}.</>
          ) : (
            "Nothing of the settings could be kept."
          )}
        </p>
        {result.dropped.length > 0 && (
          <ul>
            {result.dropped.map(({ parameter, reason }) => (
              <li key={parameter}>
                <strong>{titles[parameter] ?? parameter}</strong> dropped:{" "}
                {parameter in own ? reason : `${model.label} does not have it`}
              </li>
            ))}
          </ul>
        )}
      </div>
      <button type="button" className="small" onClick={onBack}>
        Go back
      </button>
      <button type="button" className="quiet small" aria-label="Dismiss" onClick={onClose}>
        <CloseIcon />
      </button>
    </div>
  );
}
