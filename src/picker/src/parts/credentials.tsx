import { useEffect, useRef, useState } from "react";
import { checkCredential, deleteCredential, discoverModels } from "../api/calls";
import { ApiError, type Credential, type CredentialType, type Diagnosis, type LiveModels } from "../api/client";
import { CredentialForm } from "./credential-form";
import { DiagnosisNote } from "./diagnosis";
import { CloseIcon, PlusIcon } from "./icons";
import { ProblemNote } from "./problem";

/** What the drawer shows: the list, the choice of a type, a form for a new one or for one that is there. */
export type Place = { at: "list" } | { at: "types" } | { at: "new"; type: string } | { at: "edit"; id: string };

export interface CredentialsProps {
  place: Place | null;
  onPlace: (place: Place | null) => void;
  types: CredentialType[];
  credentials: Credential[];
  onChanged: () => void;
  onDiscovered: (id: string, found: LiveModels) => void;
}

/** A drawer with all that has to do with credentials. */
export function Credentials(props: CredentialsProps) {
  const { place, onPlace, types, credentials, onChanged, onDiscovered } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (place && !dialog.current?.open) dialog.current?.showModal();
    if (!place) dialog.current?.close();
  }, [place]);
  const edited = place?.at === "edit" ? credentials.find((one) => one.id === place.id) : undefined;
  const type = types.find((one) => one.type === (place?.at === "new" ? place.type : edited?.type));
  const saved = () => {
    onChanged();
    onPlace({ at: "list" });
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog by itself
    <dialog
      ref={dialog}
      className="drawer"
      aria-labelledby="drawer-title"
      onClose={() => onPlace(null)}
      onClick={(event) => event.target === dialog.current && onPlace(null)}
    >
      <div className="drawer-body">
        <header className="drawer-head">
          <h2 id="drawer-title">{place ? titleOfPlace(place, type) : ""}</h2>
          <button type="button" className="quiet square" aria-label="Close" onClick={() => onPlace(null)}>
            <CloseIcon />
          </button>
        </header>
        {place?.at === "list" && (
          <List
            types={types}
            credentials={credentials}
            onPlace={onPlace}
            onChanged={onChanged}
            onDiscovered={onDiscovered}
          />
        )}
        {place?.at === "types" && <Types types={types} onPlace={onPlace} />}
        {(place?.at === "new" || place?.at === "edit") && type && (
          <CredentialForm
            key={edited?.id ?? type.type}
            type={type}
            credential={edited}
            onSaved={saved}
            onCancel={() => onPlace(place.at === "new" && credentials.length <= 1 ? { at: "types" } : { at: "list" })}
          />
        )}
      </div>
    </dialog>
  );
}

function titleOfPlace(place: Place, type: CredentialType | undefined): string {
  if (place.at === "list") return "Credentials";
  if (place.at === "types") return "Add a credential";
  return type?.title ?? "Credential";
}

function List({ types, credentials, onPlace, onChanged, onDiscovered }: Omit<CredentialsProps, "place">) {
  return (
    <>
      <p className="muted">
        Keys are stored encrypted by this server and never shown again. Who pays for what you hear is the credential.
      </p>
      <ul className="credential-list">
        {credentials.map((one) => (
          <Row
            key={one.id}
            credential={one}
            type={types.find(({ type }) => type === one.type)}
            onPlace={onPlace}
            onChanged={onChanged}
            onDiscovered={onDiscovered}
          />
        ))}
      </ul>
      <div className="line">
        <button type="button" className="primary" onClick={() => onPlace({ at: "types" })}>
          <PlusIcon /> Add a credential
        </button>
      </div>
    </>
  );
}

function Types({ types, onPlace }: { types: CredentialType[]; onPlace: CredentialsProps["onPlace"] }) {
  const wanting = types.filter((one) =>
    Object.keys((one.schema.properties as object) ?? {}).some((name) => name !== "type" && name !== "name"),
  );
  return (
    <ul className="type-list">
      {wanting.map((one) => (
        <li key={one.type}>
          <button type="button" className="row" onClick={() => onPlace({ at: "new", type: one.type })}>
            <span className="row-title">
              <span className="name">{one.title}</span>
            </span>
            <span className="row-facts">{String(one.schema.description ?? "")}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

interface RowProps {
  credential: Credential;
  type: CredentialType | undefined;
  onPlace: CredentialsProps["onPlace"];
  onChanged: () => void;
  onDiscovered: CredentialsProps["onDiscovered"];
}

function Row({ credential, type, onPlace, onChanged, onDiscovered }: RowProps) {
  const [busy, setBusy] = useState(false);
  const [asked, setAsked] = useState(false);
  const [diagnosis, setDiagnosis] = useState<Diagnosis | null>(null);
  const [found, setFound] = useState<LiveModels | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const name = credential.name || credential.title;
  const attempt = async (act: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    try {
      await act();
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const remove = () =>
    attempt(async () => {
      await deleteCredential(credential.id);
      onChanged();
    });
  const refresh = () =>
    attempt(async () => {
      const models = await discoverModels(credential.id);
      setFound(models);
      onDiscovered(credential.id, models);
    });
  const own = credential.editable;
  return (
    <li className="credential" data-credential={credential.type}>
      <div className="row-title">
        <span className="name">{name}</span>
        {credential.state !== "ok" && (
          <span className="tag warn">{credential.state === "needs_reentry" ? "needs re-entry" : "unusable"}</span>
        )}
        {!own && <span className="tag">{credential.owner ? `shared by ${credential.owner}` : "built in"}</span>}
      </div>
      <p className="row-facts">{describe(credential, type)}</p>
      {credential.state !== "ok" && (
        <p className="hint">{credential.problem ?? "It cannot be read any more: enter its secrets again."}</p>
      )}
      <div className="line">
        <button
          type="button"
          className="small"
          disabled={busy || credential.state === "needs_reentry"}
          onClick={() => void attempt(async () => setDiagnosis(await checkCredential(credential.id)))}
        >
          {busy ? "Asking …" : "Test"}
        </button>
        <button
          type="button"
          className="small"
          disabled={busy || credential.state !== "ok"}
          title="Ask the provider which models and voices this account really has"
          onClick={() => void refresh()}
        >
          Refresh models
        </button>
        {own && !asked && (
          <>
            <button type="button" className="small" onClick={() => onPlace({ at: "edit", id: credential.id })}>
              Edit
            </button>
            <button type="button" className="small" onClick={() => setAsked(true)}>
              Delete
            </button>
          </>
        )}
        {asked && (
          <>
            <span>Delete for good?</span>
            <button type="button" className="small danger" disabled={busy} onClick={() => void remove()}>
              Delete {name}
            </button>
            <button type="button" className="small" onClick={() => setAsked(false)}>
              Keep
            </button>
          </>
        )}
      </div>
      {found && (
        <div className="row-facts" role="status" data-note="discovered">
          <p>{summary(found)}</p>
          {found.problems.map((problem) => (
            <p key={problem}>{problem}</p>
          ))}
        </div>
      )}
      {diagnosis && <DiagnosisNote diagnosis={diagnosis} />}
      {error && <ProblemNote error={error} />}
    </li>
  );
}

/** What an account has, in a line. */
function summary(found: LiveModels): string {
  if (found.at === null) return "The provider lists nothing for this account: the models are as shipped.";
  const live = found.models.filter((one) => one.live);
  const voices = live.reduce((sum, one) => sum + one.voice_count, 0);
  return `The account was asked: ${live.length} models with ${voices} voices are as it says.`;
}

/** Its type, and the fields that are no secret. */
function describe(credential: Credential, type: CredentialType | undefined): string {
  const properties = (type?.schema.properties ?? {}) as Record<string, { writeOnly?: boolean }>;
  const plain = Object.entries(credential.data).filter(
    ([field, value]) => !["type", "name", "id"].includes(field) && value && !properties[field]?.writeOnly,
  );
  const shown = plain.map(([, value]) => String(value));
  return [...(credential.name && credential.name !== credential.title ? [credential.title] : []), ...shown].join(" · ");
}
