import { readFileSync } from "node:fs";
import type { RJSFSchema, UiSchema } from "@rjsf/utils";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SchemaForm } from "../src/forms/form";
import { defaultsOf, formOf } from "../src/forms/schema";
import { validator } from "../src/forms/validator";

interface Form {
  name: string;
  schema: RJSFSchema;
  ui_schema: UiSchema;
}

// Written by tests/web/test_forms.py: the merged schema of every card and of every credential.
const file = process.env.MODELDECK_FORMS;
const forms: Form[] = file ? JSON.parse(readFileSync(file, "utf-8")) : [];
const ajv = addFormats.default(new Ajv2020({ strict: true, strictRequired: false, allErrors: true }));
const said: unknown[][] = [];

beforeEach(() => {
  said.length = 0;
  for (const way of ["warn", "error"] as const)
    vi.spyOn(console, way).mockImplementation((...words) => said.push(words));
});
afterEach(() => vi.restoreAllMocks());

test.runIf(file)("there are forms", () => expect(forms.length).toBeGreaterThan(100));

test.each(forms)("$name", ({ schema, ui_schema }) => {
  const judge = ajv.compile(schema);
  const defaults = defaultsOf(schema);
  const required = schema.required ?? [];
  if (required.every((name) => name in defaults)) {
    expect(judge(defaults), JSON.stringify(judge.errors)).toBe(true);
    expect(validator.rawValidation(schema, defaults).errors).toEqual([]);
  }
  const { schema: shown, ui } = formOf(schema, ui_schema);
  const markup = renderToString(
    <SchemaForm idPrefix="f" schema={shown} ui={ui} values={defaults} onChange={() => {}} />,
  );
  for (const name of Object.keys(schema.properties ?? {})) expect(markup).toContain(`f_${name}`);
  expect(markup).not.toMatch(/Unsupported|Unknown field|style="/);
  expect(said).toEqual([]);
});
