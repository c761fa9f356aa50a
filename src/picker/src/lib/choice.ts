import { useCallback, useEffect, useRef, useState } from "react";
import { switchModel } from "../api/calls";
import { ApiError, type Credential, type Model, type Parameters, type SwitchResult } from "../api/client";
import { readPlace, writePlace } from "./location";

/** What a change of the model did to the settings. */
export interface Switched {
  from: string;
  to: string;
  result: SwitchResult;
  /** What the form of the model before called its settings. */
  titles: Titles;
  /** The settings before, to go back to. */
  before: Parameters;
}

export type Titles = Record<string, string>;

export interface Choosing {
  ref: string | null;
  parameters: Parameters;
  switched: Switched | null;
  error: ApiError | null;
  choose: (ref: string, voice?: string, titles?: Titles) => void;
  change: (parameters: Parameters) => void;
  back: () => void;
  dismiss: () => void;
}

/** The chosen model and its settings; the address of the page holds them. */
export function useChoice(first: string | null): Choosing {
  const [state, setState] = useState(() => {
    const place = readPlace(location.search);
    return { ref: place.model ?? first, parameters: place.model ? place.parameters : {} };
  });
  const [switched, setSwitched] = useState<Switched | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const newest = useRef(state);
  newest.current = state;
  const asked = useRef(0);

  useEffect(() => {
    const search = writePlace({ model: state.ref, parameters: state.parameters });
    if (search !== location.search) history.replaceState(null, "", search || location.pathname);
  }, [state]);
  useEffect(() => {
    const moved = () => {
      const place = readPlace(location.search);
      setState({ ref: place.model ?? first, parameters: place.parameters });
    };
    addEventListener("popstate", moved);
    return () => removeEventListener("popstate", moved);
  }, [first]);

  const choose = useCallback(async (to: string, voice?: string, titles: Titles = {}) => {
    const { ref: from, parameters: before } = newest.current;
    const turn = ++asked.current;
    setError(null);
    if (from === to || from === null) {
      setState({ ref: to, parameters: voice === undefined ? before : { ...before, voice } });
      return;
    }
    try {
      const result = await switchModel(from, to, voice === undefined ? before : without(before, "voice"));
      if (turn !== asked.current) return;
      const parameters = voice === undefined ? result.parameters : { ...result.parameters, voice };
      history.pushState(null, "", writePlace({ model: to, parameters }));
      setState({ ref: to, parameters });
      setSwitched(Object.keys(before).length > 0 ? { from, to, result, titles, before } : null);
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      if (turn === asked.current) setError(failure);
    }
  }, []);

  const change = useCallback((parameters: Parameters) => setState((old) => ({ ...old, parameters })), []);
  const back = () => {
    if (switched) setState({ ref: switched.from, parameters: switched.before });
    setSwitched(null);
  };
  const dismiss = () => {
    setSwitched(null);
    setError(null);
  };
  return { ...state, switched, error, choose: (...asked) => void choose(...asked), change, back, dismiss };
}

function without(parameters: Parameters, name: string): Parameters {
  return Object.fromEntries(Object.entries(parameters).filter(([key]) => key !== name));
}

/** The model to begin with: of a credential that is there, what was entered last, else what is built in. */
export function firstModel(models: readonly Model[], credentials: readonly Credential[]): string | null {
  const active = models.filter((model) => model.status === "active");
  for (const credential of credentials) {
    const found = active.find((model) => model.credential_type === credential.type);
    if (found) return found.ref;
  }
  return active[0]?.ref ?? models[0]?.ref ?? null;
}
