import Form from "@rjsf/core";
import type { ErrorSchema, RegistryFieldsType, RegistryWidgetsType, RJSFSchema, UiSchema } from "@rjsf/utils";
import type { FormEvent, ReactNode } from "react";
import type { Parameters } from "../api/client";
import type { FormContext } from "./templates";
import {
  ArrayFieldItemTemplate,
  ArrayFieldTemplate,
  BaseInputTemplate,
  FieldTemplate,
  MultiSchemaFieldTemplate,
  ObjectFieldTemplate,
} from "./templates";
import { validator } from "./validator";
import { CheckboxWidget, PasswordWidget, RangeWidget, SelectWidget, TextareaWidget, TriStateField } from "./widgets";

const templates = {
  ArrayFieldItemTemplate,
  ArrayFieldTemplate,
  BaseInputTemplate,
  FieldTemplate,
  MultiSchemaFieldTemplate,
  ObjectFieldTemplate,
};
const widgets: RegistryWidgetsType = { CheckboxWidget, PasswordWidget, RangeWidget, SelectWidget, TextareaWidget };
const fields: RegistryFieldsType = { TriState: TriStateField };
// Defaults are laid under the values before; a field that was emptied stays empty.
const untouched = { emptyObjectFields: "skipDefaults" } as const;

export interface SchemaFormProps {
  schema: RJSFSchema;
  ui: UiSchema;
  values: Parameters;
  context?: FormContext;
  errors?: ErrorSchema;
  idPrefix: string;
  onChange: (values: Parameters) => void;
  onSubmit?: (values: Parameters) => void;
  onInvalid?: () => void;
  children?: ReactNode;
  live?: boolean;
}

/** A form of a JSON Schema and its hints. */
export function SchemaForm(props: SchemaFormProps) {
  const { schema, ui, values, context, errors, idPrefix, onChange, onSubmit, onInvalid, children, live = true } = props;
  return (
    <Form
      className="schema-form"
      tagName={onSubmit ? "form" : "div"}
      schema={schema}
      uiSchema={ui}
      formData={values}
      formContext={context ?? {}}
      extraErrors={errors}
      idPrefix={idPrefix}
      validator={validator}
      templates={templates}
      widgets={widgets}
      fields={fields}
      liveValidate={live ? "onChange" : undefined}
      showErrorList={false}
      noHtml5Validate
      experimental_defaultFormStateBehavior={untouched}
      onChange={({ formData }) => onChange((formData ?? {}) as Parameters)}
      onError={() => onInvalid?.()}
      onSubmit={({ formData }, event: FormEvent) => {
        event.preventDefault();
        onSubmit?.((formData ?? {}) as Parameters);
      }}
    >
      {children ?? <span hidden />}
    </Form>
  );
}
