import type { RJSFSchema, UiSchema } from "@rjsf/utils";
import { isRecord, type Parameters } from "../api/client";

/** The form of a schema: without what is picked elsewhere, with the widgets that its shapes call for. */
export function formOf(
  schema: RJSFSchema,
  ui: UiSchema,
  without: readonly string[] = [],
): { schema: RJSFSchema; ui: UiSchema } {
  const properties = Object.entries(schema.properties ?? {}).filter(([name]) => !without.includes(name));
  const order: unknown = ui["ui:order"];
  const hints: UiSchema = { ...ui, "ui:submitButtonOptions": { norender: true } };
  for (const name of without) delete hints[name];
  if (Array.isArray(order)) hints["ui:order"] = [...order.filter((name) => !without.includes(name)), "*"];
  for (const [name, property] of properties) {
    if (isRecord(property)) hints[name] = { ...hintOf(property), ...(ui[name] as UiSchema | undefined) };
  }
  const required = schema.required?.filter((name) => !without.includes(name));
  return {
    schema: {
      ...schema,
      properties: Object.fromEntries(properties),
      ...(required ? { required } : {}),
      title: "",
      description: "",
    },
    ui: hints,
  };
}

function hintOf(property: RJSFSchema): UiSchema {
  if (isTriState(property)) return { "ui:field": "TriState", "ui:fieldReplacesAnyOrOneOf": true };
  if (property.const !== undefined) return { "ui:widget": "hidden" };
  if (property.enum && property.default === undefined) return { "ui:placeholder": "Not set" };
  if (property.type === "string" && isProse(property)) return { "ui:widget": "textarea" };
  return {};
}

/** Yes, no, or not set. */
function isTriState(property: RJSFSchema): boolean {
  const types = property.anyOf?.map((branch) => (isRecord(branch) ? branch.type : null)) ?? [];
  return types.length === 2 && types.includes("boolean") && types.includes("null");
}

/** A text that may take more than one line. */
function isProse(property: RJSFSchema): boolean {
  const bound = property.enum ?? property.pattern ?? property.format ?? property.examples ?? property.anyOf;
  return bound === undefined && (property.maxLength ?? 1000) >= 80 && (property.minLength ?? 0) <= 1;
}

/** What the form shows when nothing was changed. */
export function defaultsOf(schema: RJSFSchema): Parameters {
  const found: Parameters = {};
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (isRecord(property) && property.default !== undefined && property.default !== null)
      found[name] = property.default;
  }
  return found;
}

/** The values of a form: its defaults with the changes laid over them; a change to null empties a field. */
export function valuesOf(schema: RJSFSchema, changes: Parameters): Parameters {
  const known = schema.properties ?? {};
  const merged = { ...defaultsOf(schema), ...changes };
  return Object.fromEntries(Object.entries(merged).filter(([name, value]) => name in known && value !== null));
}

/** What differs from the defaults: what is sent. An emptied field that has a default is null: not set, no default. */
export function changesOf(schema: RJSFSchema, values: Parameters): Parameters {
  const defaults = defaultsOf(schema);
  const changes: Parameters = {};
  for (const name of Object.keys(schema.properties ?? {})) {
    const value = values[name];
    if (value === undefined || value === null) {
      if (name in defaults) changes[name] = null;
    } else if (JSON.stringify(value) !== JSON.stringify(defaults[name])) {
      changes[name] = value;
    }
  }
  return changes;
}

/** What a form calls its parameters. */
export function titlesOf(schema: RJSFSchema): Record<string, string> {
  const titles = Object.entries(schema.properties ?? {}).map(([name, property]) => [
    name,
    (isRecord(property) && typeof property.title === "string" && property.title) || name,
  ]);
  return Object.fromEntries(titles);
}
