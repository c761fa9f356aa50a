import type { ErrorSchema, RJSFSchema, UiSchema } from "@rjsf/utils";
import { useMemo, useState } from "react";
import { createCredential, tryCredential, updateCredential } from "../api/calls";
import {
  ApiError,
  type Credential,
  type CredentialType,
  type Diagnosis,
  isRecord,
  type Parameters,
} from "../api/client";
import { SchemaForm } from "../forms/form";
import { defaultsOf, formOf } from "../forms/schema";
import { DiagnosisNote } from "./diagnosis";
import { ProblemNote } from "./problem";

export interface CredentialFormProps {
  type: CredentialType;
  /** The one that is edited; absent: a new one. */
  credential?: Credential;
  onSaved: () => void;
  onCancel: () => void;
}

/** A credential by its schema. Secrets that are there stay unless they are typed again. */
export function CredentialForm({ type, credential, onSaved, onCancel }: CredentialFormProps) {
  const form = useMemo(() => credentialForm(type, credential !== undefined), [type, credential]);
  const [values, setValues] = useState<Parameters>(() =>
    credential ? withoutSecrets(form.secrets, credential.data) : defaultsOf(form.schema),
  );
  const [busy, setBusy] = useState<"test" | "save" | null>(null);
  const [diagnosis, setDiagnosis] = useState<Diagnosis | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [live, setLive] = useState(false);
  const data = () => ({
    ...(credential ? emptied(credential.data, values, form.secrets) : {}),
    ...values,
    type: type.type,
  });
  const attempt = async (what: "test" | "save", act: () => Promise<void>) => {
    setBusy(what);
    setError(null);
    try {
      await act();
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      setError(failure);
      setDiagnosis(null);
    } finally {
      setBusy(null);
    }
  };
  const test = () => attempt("test", async () => setDiagnosis(await tryCredential(data(), credential?.id)));
  const save = () =>
    attempt("save", async () => {
      await (credential ? updateCredential(credential.id, data()) : createCredential(data()));
      onSaved();
    });
  const variables = Object.values(type.env).flat();
  return (
    <>
      {type.schema.description ? <p className="muted">{String(type.schema.description)}</p> : null}
      <SchemaForm
        idPrefix="c"
        schema={form.schema}
        ui={form.ui}
        values={values}
        errors={error ? fieldErrors(error, form.schema) : undefined}
        live={live}
        onChange={(next) => {
          setValues(next);
          setDiagnosis(null);
        }}
        onInvalid={() => setLive(true)}
        onSubmit={() => void save()}
      >
        {diagnosis && <DiagnosisNote diagnosis={diagnosis} />}
        {error && <ProblemNote error={error} />}
        <div className="line actions">
          <button type="submit" className="primary" disabled={busy !== null}>
            {busy === "save" ? "Saving …" : "Save"}
          </button>
          <button type="button" disabled={busy !== null} onClick={() => void test()}>
            {busy === "test" ? "Testing …" : "Test connection"}
          </button>
          <button type="button" className="quiet" onClick={onCancel}>
            Cancel
          </button>
        </div>
        {variables.length > 0 && (
          <p className="hint">
            In your own programs the library reads {variables.slice(0, 3).join(", ")} from the environment.
          </p>
        )}
      </SchemaForm>
    </>
  );
}

/** The form of a type. `editing`: secrets are there already, so none is needed. */
function credentialForm(
  type: CredentialType,
  editing: boolean,
): { schema: RJSFSchema; ui: UiSchema; secrets: ReadonlySet<string> } {
  const { schema, ui } = formOf(type.schema as RJSFSchema, type.ui_schema as UiSchema, ["type"]);
  const properties = Object.entries(schema.properties ?? {});
  const secrets = new Set(
    properties.filter(([, one]) => isRecord(one) && one.writeOnly === true).map(([name]) => name),
  );
  const hints: UiSchema = { ...ui };
  for (const [name] of properties) if (hints[name]?.["ui:widget"] === "textarea") hints[name] = {};
  for (const name of secrets) {
    const kept = editing ? { "ui:placeholder": "Kept; type to replace it" } : {};
    hints[name] = { "ui:widget": "password", ...(hints[name] as UiSchema | undefined), ...kept };
  }
  if (isRecord(schema.properties?.name)) hints.name = { "ui:placeholder": "Optional", "ui:widget": "text" };
  const required = (schema.required ?? []).filter((name) => !editing || !secrets.has(name));
  return { schema: { ...schema, required }, ui: hints, secrets };
}

function withoutSecrets(secrets: ReadonlySet<string>, data: Parameters): Parameters {
  return Object.fromEntries(
    Object.entries(data).filter(
      ([name, value]) => !secrets.has(name) && name !== "type" && name !== "id" && value !== null,
    ),
  );
}

/** Null for each plain field that was there and is empty now. */
function emptied(data: Parameters, values: Parameters, secrets: ReadonlySet<string>): Parameters {
  const gone = Object.keys(withoutSecrets(secrets, data)).filter((name) => values[name] === undefined);
  return Object.fromEntries(gone.map((name) => [name, null]));
}

function fieldErrors(error: ApiError, schema: RJSFSchema): ErrorSchema {
  const found: ErrorSchema = {};
  for (const { parameter, message } of error.problem.errors ?? []) {
    const name = parameter?.split(".").at(-1);
    if (name && name in (schema.properties ?? {})) found[name] = { __errors: [message] } as ErrorSchema[string];
  }
  return found;
}
