import type { ErrorSchema, RJSFSchema, UiSchema } from "@rjsf/utils";
import { useEffect, useMemo } from "react";
import { validateParameters } from "../api/calls";
import { ApiError, type Finding, type ModelDetail, type Parameters } from "../api/client";
import { SchemaForm } from "../forms/form";
import { changesOf, formOf, valuesOf } from "../forms/schema";
import { validator } from "../forms/validator";
import { useResource, useSettled } from "../lib/resource";

export interface SettingsProps {
  model: ModelDetail;
  /** What differs from the defaults, the voice too. */
  parameters: Parameters;
  /** Whose model it is, as that account was found to have it. */
  account?: string | undefined;
  onChange: (parameters: Parameters) => void;
  onValid: (valid: boolean) => void;
}

/** The parameters of a model, by its merged schema; the server judges them as the constructor would. */
export function Settings({ model, parameters, account, onChange, onValid }: SettingsProps) {
  const schema = model.parameter_schema as RJSFSchema;
  const { picked, ...form } = useMemo(() => {
    const elsewhere = model.voices.length > 0 || model.custom_voices ? ["voice"] : [];
    return { picked: elsewhere, ...formOf(schema, model.ui_schema as UiSchema, elsewhere) };
  }, [schema, model]);
  const values = useMemo(() => valuesOf(form.schema, parameters), [form.schema, parameters]);
  const formValid = useMemo(() => validator.isValid(form.schema, values, form.schema), [form.schema, values]);
  const settled = useSettled(JSON.stringify(parameters), 250);
  const judged = useResource(`${model.ref} ${account ?? ""} ${settled}`, (signal) =>
    judge(model.ref, JSON.parse(settled), account, signal),
  );
  const errors = judged.data?.errors;
  const general =
    errors?.filter(
      (one) =>
        !one.parameter ||
        picked.includes(one.parameter) ||
        !((one.parameter.split(".")[0] as string) in (form.schema.properties ?? {})),
    ) ?? [];
  const valid = formValid && !errors;
  useEffect(() => onValid(valid), [valid, onValid]);
  const changed = new Set(
    Object.keys(changesOf(form.schema, values)).concat(
      Object.keys(parameters).filter((name) => parameters[name] === null),
    ),
  );
  const kept = (names: readonly string[]) =>
    Object.fromEntries(names.filter((name) => name in parameters).map((name) => [name, parameters[name]]));
  const count = [...changed].filter((name) => !picked.includes(name)).length;
  if (Object.keys(form.schema.properties ?? {}).length === 0) return null;
  return (
    <section className="card settings" aria-label="Settings">
      <header className="card-head">
        <h2>Settings</h2>
        {count > 0 && (
          <>
            <span className="muted small">{count} changed</span>
            <button type="button" className="link small" onClick={() => onChange(kept(picked))}>
              Reset all
            </button>
          </>
        )}
      </header>
      {general.map((one) => (
        <p key={one.message} className="field-error" role="alert">
          {one.message}
        </p>
      ))}
      <SchemaForm
        key={model.ref}
        idPrefix="p"
        schema={form.schema}
        ui={form.ui}
        values={values}
        errors={errors ? byField(errors) : undefined}
        context={{
          changed,
          reset: (name) => onChange(Object.fromEntries(Object.entries(parameters).filter(([key]) => key !== name))),
        }}
        onChange={(next) => onChange({ ...kept(picked), ...changesOf(form.schema, next) })}
      />
    </section>
  );
}

/** What the server says of the parameters; no findings: they hold. */
async function judge(
  ref: string,
  parameters: Parameters,
  account: string | undefined,
  signal: AbortSignal,
): Promise<{ errors: Finding[] | null }> {
  try {
    await validateParameters(ref, parameters, account, signal);
    return { errors: null };
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 422) throw error;
    return { errors: error.problem.errors ?? [{ message: error.message }] };
  }
}

function byField(findings: Finding[]): ErrorSchema {
  const found: ErrorSchema = {};
  for (const { parameter, message } of findings) {
    if (!parameter) continue;
    let place = found;
    for (const part of parameter.split(".")) {
      const inner = (place as Record<string, ErrorSchema>)[part] ?? ({} as ErrorSchema);
      (place as Record<string, ErrorSchema>)[part] = inner;
      place = inner;
    }
    place.__errors = [...(place.__errors ?? []), message];
  }
  return found;
}
