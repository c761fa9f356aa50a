import { type RefObject, useMemo, useState } from "react";
import { listModels, type ModelFilter, NO_FILTER, searchVoices } from "../api/calls";
import type { CredentialType, Model, VoiceOfModel } from "../api/client";
import { baseLanguages, languageName } from "../lib/languages";
import { useResource, useSettled } from "../lib/resource";
import { ChevronIcon, KeyIcon, SearchIcon } from "./icons";
import { ProblemNote } from "./problem";

export interface ModelsProps {
  all: Model[];
  types: CredentialType[];
  /** Providers that the user has a credential of. */
  usable: ReadonlySet<string>;
  selected: string | null;
  search: RefObject<HTMLInputElement | null>;
  onSelect: (ref: string, voice?: string) => void;
  onAddKey: (type: string) => void;
}

/** All models, found by text and filters, grouped by provider. */
export function Models({ all, types, usable, selected, search, onSelect, onAddKey }: ModelsProps) {
  const [filter, setFilter] = useState(NO_FILTER);
  const settled = useSettled(filter, 150);
  const filtered = JSON.stringify(settled) !== JSON.stringify(NO_FILTER);
  const found = useResource(filtered ? JSON.stringify(settled) : null, (signal) => listModels(settled, signal));
  const voices = useResource(settled.q.length > 1 ? settled.q : null, (signal) => searchVoices(settled.q, 6, signal));
  const models = filtered ? (found.data ?? all) : all;
  const languages = useMemo(() => baseLanguages(all.flatMap((model) => model.languages)), [all]);
  const groups = useMemo(() => grouped(models, types, usable), [models, types, usable]);
  const changed = (change: Partial<ModelFilter>) => setFilter({ ...filter, ...change });
  return (
    <section className="panel models" aria-label="Models">
      <div className="finder">
        <div className="search">
          <SearchIcon />
          <input
            ref={search}
            type="search"
            className="control"
            placeholder="Search models and voices"
            aria-label="Search models and voices"
            value={filter.q}
            onChange={(event) => changed({ q: event.target.value })}
          />
          <span className="key" aria-hidden="true">
            /
          </span>
        </div>
        <div className="filters">
          <Choice
            label="Language"
            value={filter.language}
            onChange={(language) => changed({ language })}
            options={languages.map(({ tag, name }) => [tag, name])}
          />
          <Choice label="Gender" value={filter.gender} onChange={(gender) => changed({ gender })} options={GENDERS} />
          <Choice
            label="Input"
            value={filter.realtime}
            onChange={(realtime) => changed({ realtime })}
            options={INPUTS}
          />
          <Choice label="Status" value={filter.status} onChange={(status) => changed({ status })} options={STATUSES} />
        </div>
        <p className="muted small count" aria-live="polite">
          {models.length} {models.length === 1 ? "model" : "models"}
          {filtered && (
            <button type="button" className="link" onClick={() => setFilter(NO_FILTER)}>
              Clear
            </button>
          )}
        </p>
      </div>
      {found.error && <ProblemNote error={found.error} onRetry={found.reload} />}
      <div className="scroll">
        {groups.map((group) => (
          <Group
            key={group.provider}
            {...group}
            open={filtered || undefined}
            selected={selected}
            onSelect={onSelect}
            onAddKey={onAddKey}
          />
        ))}
        {filtered && settled.q.length > 1 && (voices.data?.voices.length ?? 0) > 0 && (
          <VoiceHits voices={voices.data?.voices ?? []} onSelect={onSelect} />
        )}
        {models.length === 0 && <p className="empty">No model fits. Try fewer words or filters.</p>}
      </div>
    </section>
  );
}

const GENDERS: [string, string][] = [
  ["female", "Female"],
  ["male", "Male"],
  ["neutral", "Neutral"],
];
const INPUTS: [string, string][] = [
  ["true", "Realtime"],
  ["false", "Whole text"],
];
const STATUSES: [string, string][] = [
  ["active", "Active"],
  ["deprecated", "Deprecated"],
  ["sunset", "Sunset"],
];

interface ChoiceProps {
  label: string;
  value: string;
  options: [string, string][];
  onChange: (value: string) => void;
}

export function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <select
      className="control"
      aria-label={label}
      data-set={value !== "" || undefined}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">{label}: any</option>
      {options.map(([id, name]) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}

interface GroupData {
  provider: string;
  type: string;
  title: string;
  usable: boolean;
  models: Model[];
}

/** In the server's order; providers that can be used now come first. */
function grouped(models: Model[], types: CredentialType[], usable: ReadonlySet<string>): GroupData[] {
  const groups = new Map<string, GroupData>();
  for (const model of models) {
    const { provider, credential_type: type } = model;
    const title = types.find((one) => one.type === type)?.title ?? provider;
    const group = groups.get(provider) ?? { provider, type, title, usable: usable.has(provider), models: [] };
    group.models.push(model);
    groups.set(provider, group);
  }
  return [...groups.values()].sort((one, other) => Number(other.usable) - Number(one.usable));
}

interface GroupProps extends GroupData {
  open?: boolean;
  selected: string | null;
  onSelect: ModelsProps["onSelect"];
  onAddKey: ModelsProps["onAddKey"];
}

function Group({ provider, type, title, usable, models, open, selected, onSelect, onAddKey }: GroupProps) {
  const [shown, setShown] = useState<boolean | null>(null);
  const expanded = open ?? shown ?? (usable || models.some((model) => model.ref === selected));
  return (
    <section className="group-of-models" data-provider={provider}>
      <h3>
        <button type="button" className="group-title" aria-expanded={expanded} onClick={() => setShown(!expanded)}>
          <ChevronIcon />
          <span className="grow" title={title}>
            {title}
          </span>
          <span className="muted">{models.length}</span>
        </button>
        {!usable && (
          <button
            type="button"
            className="quiet small square"
            title={`Add a credential for ${title}`}
            aria-label={`Add a credential for ${title}`}
            onClick={() => onAddKey(type)}
          >
            <KeyIcon />
          </button>
        )}
      </h3>
      {expanded && (
        <ul className="rows">
          {models.map((model) => (
            <li key={`${model.model_type} ${model.name}`}>
              <ModelRow model={model} selected={model.ref === selected} onSelect={onSelect} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function ModelRow({
  model,
  selected,
  onSelect,
}: {
  model: Model;
  selected: boolean;
  onSelect: ModelsProps["onSelect"];
}) {
  return (
    <button type="button" className="row" aria-current={selected || undefined} onClick={() => onSelect(model.ref)}>
      <span className="row-title">
        <span className="name">{model.label}</span>
        {model.realtime && <span className="tag">realtime</span>}
        {model.status !== "active" && <span className="tag warn">{model.status}</span>}
      </span>
      <span className="row-facts">{facts(model)}</span>
      {model.status !== "active" && <span className="row-facts warn-text">{ending(model)}</span>}
    </button>
  );
}

function facts(model: Model): string {
  const voices =
    model.voice_count > 0
      ? `${model.voice_count}${model.custom_voices ? "+" : ""} voices`
      : model.custom_voices
        ? "own voices"
        : "";
  const bases = baseLanguages(model.languages);
  const languages = bases.length === 1 ? bases[0]?.name : bases.length > 1 ? `${bases.length} languages` : "";
  return [voices, languages].filter(Boolean).join(" · ") || model.name;
}

/** When a model goes, and what to use instead. */
export function ending(model: Model): string {
  const when = model.sunset_at
    ? `${model.status === "sunset" ? "off since" : "until"} ${model.sunset_at.slice(0, 10)}`
    : "";
  const instead = model.replacement ? `use ${model.replacement}` : "";
  return [when, instead].filter(Boolean).join(" · ");
}

function VoiceHits({ voices, onSelect }: { voices: VoiceOfModel[]; onSelect: ModelsProps["onSelect"] }) {
  return (
    <section className="group-of-models">
      <h3 className="plain">Voices</h3>
      <ul className="rows">
        {voices.map((voice) => (
          <li key={`${voice.ref} ${voice.id}`}>
            <button type="button" className="row" onClick={() => onSelect(voice.ref, voice.id)}>
              <span className="row-title">
                <span className="name">{voice.label}</span>
              </span>
              <span className="row-facts">
                {[voice.model, voice.languages.slice(0, 2).map(languageName).join(", ")].filter(Boolean).join(" · ")}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
