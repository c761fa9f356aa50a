import { type OutputUnit, type Schema, Validator } from "@cfworker/json-schema";
import { type RJSFSchema, type RJSFValidationError, toErrorSchema, type ValidatorType } from "@rjsf/utils";

// Keywords whose error only repeats that one of what is inside failed.
const OUTER = new Set([
  "properties",
  "items",
  "prefixItems",
  "$ref",
  "allOf",
  "if",
  "then",
  "else",
  "additionalProperties",
]);
const made = new WeakMap<object, Validator>();

function validatorOf(schema: RJSFSchema, root: RJSFSchema): Validator {
  const known = made.get(schema);
  if (known) return known;
  const whole = { ...schema, $defs: { ...root.$defs, ...schema.$defs } } as Schema;
  const validator = new Validator(whole, "2020-12", false);
  made.set(schema, validator);
  return validator;
}

function findings(schema: RJSFSchema, data: unknown, root: RJSFSchema): OutputUnit[] {
  // Absent and undefined are the same to a form, not to the validator.
  const plain: unknown = data === undefined ? {} : JSON.parse(JSON.stringify(data));
  return validatorOf(schema, root).validate(plain).errors;
}

/** An RJSF validator that needs no `eval`, so that the strict content-security policy holds. */
export const validator: ValidatorType = {
  validateFormData(data, schema) {
    const errors = worded(findings(schema, data, schema));
    return { errors, errorSchema: toErrorSchema(errors) };
  },
  isValid(schema, data, root) {
    try {
      return findings(schema as RJSFSchema, data, root as RJSFSchema).length === 0;
    } catch {
      return false;
    }
  },
  rawValidation(schema, data) {
    return { errors: findings(schema, data, schema) as never[] };
  },
};

function worded(units: OutputUnit[]): RJSFValidationError[] {
  const told = new Map<string, RJSFValidationError>();
  for (const unit of units) {
    if (OUTER.has(unit.keyword)) continue;
    const path = pathOf(unit);
    const property = `.${path.join(".")}`;
    if (told.has(property)) continue;
    const message = wordsOf(unit);
    told.set(property, { name: unit.keyword, property, message, stack: `${path.join(".")} ${message}` });
  }
  return [...told.values()];
}

function pathOf(unit: OutputUnit): string[] {
  const path = unit.instanceLocation
    .split("/")
    .slice(1)
    .map((part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~"));
  const missing = unit.keyword === "required" ? /"([^"]+)"/.exec(unit.error)?.[1] : undefined;
  return missing === undefined ? path : [...path, missing];
}

const WORDS: Record<string, string> = {
  required: "is needed",
  pattern: "does not have the form that is asked for",
  enum: "is none of the choices",
  anyOf: "fits none of the forms that it may have",
};

function wordsOf({ keyword, error }: OutputUnit): string {
  return WORDS[keyword] ?? error;
}
