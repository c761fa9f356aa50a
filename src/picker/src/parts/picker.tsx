import type { RJSFSchema } from "@rjsf/utils";
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { endSession, getDiscovered, getModel } from "../api/calls";
import {
  type Credential,
  type CredentialType,
  isRecord,
  type Model,
  type ModelDetail,
  type Parameters,
  type Voice,
} from "../api/client";
import type { SpeechRequest } from "../api/speech";
import { Utterance } from "../audio/utterance";
import { titlesOf } from "../forms/schema";
import { firstModel, useChoice } from "../lib/choice";
import { sampleSentence } from "../lib/languages";
import { type Live, merged, withAccount } from "../lib/live";
import { useResource } from "../lib/resource";
import { Brand } from "./brand";
import { Code } from "./code";
import { Credentials, type Place } from "./credentials";
import { KeyIcon } from "./icons";
import { ModelHead, SwitchNote } from "./model-head";
import { Models } from "./models";
import { ProblemNote } from "./problem";
import { Settings } from "./settings";
import { Speak } from "./speak";
import { ThemeToggle } from "./theme";
import { Voices } from "./voices";

export interface PickerProps {
  types: CredentialType[];
  models: Model[];
  credentials: Credential[];
  user: string;
  onCredentials: () => void;
  onLogout: () => void;
}

const VIEWS = { models: "Models", voices: "Voices", speak: "Speak" } as const;
type View = keyof typeof VIEWS;

/** The page: models, the one that is chosen, its voices. */
export function Picker({ types, models: shipped, credentials, user, onCredentials, onLogout }: PickerProps) {
  const [live, setLive] = useState<Live>(new Map());
  const models = useMemo(() => merged(shipped, live, credentials), [shipped, live, credentials]);
  const choice = useChoice(useMemo(() => firstModel(models, credentials), [models, credentials]));
  const { ref, parameters } = choice;
  const account = ref === null ? undefined : live.get(ref);
  const of = credentials.some((one) => one.id === account?.credential) ? account?.credential : undefined;
  const detail = useResource(ref && `${ref} ${of ? `${of} ${account?.at}` : ""}`, (signal) =>
    of ? getDiscovered(of, ref as string, signal) : getModel(ref as string, signal),
  );
  const model = detail.data?.ref === ref ? detail.data : null;
  const [view, setView] = useState<View>("speak");
  const [drawer, setDrawer] = useState<Place | null>(null);
  const search = useRef<HTMLInputElement>(null);
  const usable = useMemo(
    () => new Set(credentials.filter((one) => one.state === "ok").map((one) => one.provider)),
    [credentials],
  );
  const own = useMemo(
    () => credentials.filter((one) => one.type === model?.credential_type && one.state === "ok"),
    [credentials, model],
  );
  const sample = useSample();
  const choose = (to: string, voice?: string) => {
    choice.choose(to, voice, model ? titlesOf(model.parameter_schema as RJSFSchema) : undefined);
    setView("speak");
  };
  const voice = voiceOf(model, parameters);
  useSlash(search, () => setView("models"));
  return (
    <>
      <header className="top">
        <Brand />
        <nav className="segments views" aria-label="Parts of the page">
          {(Object.keys(VIEWS) as View[]).map((one) => (
            <button key={one} type="button" aria-current={one === view || undefined} onClick={() => setView(one)}>
              {VIEWS[one]}
            </button>
          ))}
        </nav>
        <span className="grow" />
        <button type="button" className="quiet" onClick={() => setDrawer({ at: "list" })}>
          <KeyIcon /> <span className="label">Credentials</span>
        </button>
        <ThemeToggle />
        {user !== "local" && (
          <button
            type="button"
            className="quiet small"
            title={`You are ${user}`}
            onClick={() => void endSession().then(onLogout)}
          >
            Leave
          </button>
        )}
      </header>
      <div className="deck" data-view={view}>
        <Models
          all={models}
          types={types}
          usable={usable}
          selected={ref}
          search={search}
          onSelect={choose}
          onAddKey={(type) => setDrawer({ at: "new", type })}
        />
        <main className="panel main">
          {choice.error && <ProblemNote error={choice.error} onClose={choice.dismiss} />}
          {detail.error && <ProblemNote error={detail.error} onRetry={detail.reload} />}
          {model ? (
            <Chosen
              key={model.ref}
              model={model}
              choice={choice}
              onChoose={choose}
              models={models}
              voice={voice}
              credentials={own}
              account={of}
              onAddKey={() => setDrawer({ at: "new", type: model.credential_type })}
              onVoices={() => setView("voices")}
            />
          ) : (
            !detail.error && (
              <p className="muted empty">{ref ? "Loading the model …" : "There is no model in the deck."}</p>
            )
          )}
        </main>
        {model && (
          <Voices
            key={model.ref}
            model={model}
            selected={voice}
            sounding={sample.sounding}
            canSpeak={own.length > 0}
            onSelect={(id) => {
              choice.change({ ...parameters, voice: id });
              setView("speak");
            }}
            onSample={(one) => sample.speak(model, one, of ?? own[0]?.id)}
            onStop={sample.stop}
          />
        )}
      </div>
      <Credentials
        place={drawer}
        onPlace={setDrawer}
        types={types}
        credentials={credentials}
        onChanged={onCredentials}
        onDiscovered={(id, found) => setLive((old) => withAccount(old, id, found.at, found.models))}
      />
    </>
  );
}

/** The voice that speaks: the one that is set, else the schema's default; null: none, or the model's own choice. */
function voiceOf(model: ModelDetail | null, parameters: Parameters): string | null {
  if ("voice" in parameters) return typeof parameters.voice === "string" ? parameters.voice : null;
  const property = (model?.parameter_schema as RJSFSchema | undefined)?.properties?.voice;
  return isRecord(property) && typeof property.default === "string" ? property.default : null;
}

interface ChosenProps {
  model: ModelDetail;
  models: Model[];
  choice: ReturnType<typeof useChoice>;
  onChoose: (ref: string) => void;
  voice: string | null;
  credentials: Credential[];
  account: string | undefined;
  onAddKey: () => void;
  onVoices: () => void;
}

const speech = new Utterance();
let written: string | null = null; // what the user wrote stays when the model changes

function Chosen({ model, models, choice, onChoose, voice, credentials, account, onAddKey, onVoices }: ChosenProps) {
  const { parameters, change } = choice;
  const spoken = model.voices.find((one) => one.id === voice);
  const [own, setOwn] = useState(written);
  const text = own ?? sampleSentence(spoken?.languages.length ? spoken.languages : model.languages);
  const [valid, setValid] = useState(true);
  const [preferred, setPreferred] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  // What others share speaks only where it is chosen: nobody else decides where a text goes.
  const mine = credentials.filter((one) => one.editable || one.owner === null);
  const credential = credentials.find((one) => one.id === (preferred || account)) ?? mine.at(-1);
  const write = (next: string) => {
    written = next;
    setOwn(next);
  };
  const speak = () => void speech.speak(request(model, text, voice, parameters, credential?.id));
  return (
    <>
      <ModelHead model={model} models={models} voice={spoken?.label ?? voice} onChoose={onChoose} onVoices={onVoices} />
      {choice.switched && choice.switched.to === model.ref && (
        <SwitchNote
          switched={choice.switched}
          model={model}
          models={models}
          onBack={choice.back}
          onClose={choice.dismiss}
        />
      )}
      <Speak
        model={model}
        text={text}
        onText={write}
        credentials={credentials}
        credential={credential?.id ?? ""}
        onCredential={setPreferred}
        utterance={speech}
        valid={valid}
        field={field}
        onSpeak={speak}
        onAddKey={onAddKey}
      />
      <Settings model={model} parameters={parameters} account={account} onChange={change} onValid={setValid} />
      <Code call={{ ref: model.ref, text, parameters: shownIn(parameters, voice), origin: location.origin }} />
    </>
  );
}

function request(
  model: Model,
  input: string,
  voice: string | null,
  parameters: Parameters,
  credential?: string,
): SpeechRequest {
  const { voice: _, ...others } = parameters;
  return {
    model: model.ref,
    input,
    ...(voice === null ? {} : { voice }),
    parameters: others,
    ...(credential ? { credential } : {}),
  };
}

function shownIn(parameters: Parameters, voice: string | null): Parameters {
  return voice === null ? parameters : { voice, ...parameters };
}

const samples = new Utterance();

/** One short sentence in a voice's own language. */
function useSample() {
  const shown = useSyncExternalStore(samples.subscribe, samples.snapshot);
  const active = shown.phase === "waiting" || shown.phase === "speaking";
  const speak = useCallback((model: ModelDetail, voice: Voice, credential?: string) => {
    const input = sampleSentence(voice.languages.length > 0 ? voice.languages : model.languages);
    void samples.speak(request(model, input, voice.id, {}, credential));
  }, []);
  return { sounding: active ? (shown.request?.voice ?? null) : null, speak, stop: () => samples.stop() };
}

/** `/` goes to the search, as in many tools. */
function useSlash(field: { current: HTMLInputElement | null }, show: () => void) {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (
        event.key !== "/" ||
        event.ctrlKey ||
        event.metaKey ||
        target.matches("input, textarea, select") ||
        document.querySelector("dialog[open]")
      )
        return;
      event.preventDefault();
      show();
      requestAnimationFrame(() => field.current?.focus());
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [field, show]);
}
