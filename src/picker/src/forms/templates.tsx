import {
  type ArrayFieldItemTemplateProps,
  type ArrayFieldTemplateProps,
  ariaDescribedByIds,
  type BaseInputTemplateProps,
  descriptionId,
  errorId,
  type FieldTemplateProps,
  getInputProps,
  type MultiSchemaFieldTemplateProps,
  type ObjectFieldTemplateProps,
} from "@rjsf/utils";
import { TrashIcon, UndoIcon } from "../parts/icons";

/** What a form tells its fields. */
export interface FormContext {
  /** Fields of the top that differ from their defaults. */
  changed?: ReadonlySet<string>;
  reset?: (name: string) => void;
}

export function FieldTemplate(props: FieldTemplateProps) {
  const {
    id,
    uiSchema,
    label,
    children,
    rawDescription,
    rawErrors,
    hidden,
    required,
    displayLabel,
    schema,
    fieldPathId,
  } = props;
  if (hidden) return <div hidden>{children}</div>;
  const context = (props.registry.formContext ?? {}) as FormContext;
  const name = fieldPathId?.path.length === 1 ? String(fieldPathId.path[0]) : null;
  const changed = name !== null && context.changed?.has(name) && !isBranch(props, name);
  const labelled = displayLabel || uiSchema?.["ui:field"] === "TriState";
  const group = schema.type === "object" || schema.type === "array";
  const errors = [...new Set(rawErrors ?? [])];
  if (fieldPathId?.path.length === 0) return children;
  return (
    <div
      className="field"
      data-changed={changed || undefined}
      data-wide={group || undefined}
      data-invalid={errors.length > 0 || undefined}
    >
      <div className="field-head">
        {!group && labelled && (
          <label htmlFor={id}>
            {label}
            {required && <span className="needed"> needed</span>}
          </label>
        )}
        {changed && name && (
          <button
            type="button"
            className="quiet small"
            title="Back to the default"
            aria-label={`Reset ${label}`}
            onClick={() => context.reset?.(name)}
          >
            <UndoIcon />
          </button>
        )}
      </div>
      {children}
      {!group && rawDescription && (
        <p className="hint" id={descriptionId(id)}>
          {rawDescription}
        </p>
      )}
      {errors.length > 0 && (
        <p className="field-error" id={errorId(id)} role="alert">
          {errors.join("; ")}
        </p>
      )}
    </div>
  );
}

/** Whether this is the chosen branch of a field that has several, which stands within that field. */
function isBranch({ registry, schema }: FieldTemplateProps, name: string): boolean {
  const whole = registry.rootSchema?.properties?.[name];
  return typeof whole === "object" && whole.anyOf !== undefined && schema.anyOf === undefined;
}

export function ObjectFieldTemplate({ fieldPathId, title, description, properties }: ObjectFieldTemplateProps) {
  const content = properties.map((property) => property.content);
  if (fieldPathId.path.length === 0) return <div className="fields">{content}</div>;
  return (
    <fieldset className="group" id={fieldPathId.$id}>
      {title && <legend>{title}</legend>}
      {description && <p className="hint">{description}</p>}
      <div className="fields">{content}</div>
    </fieldset>
  );
}

export function ArrayFieldTemplate({
  fieldPathId,
  title,
  schema,
  items,
  canAdd,
  onAddClick,
  disabled,
  readonly,
}: ArrayFieldTemplateProps) {
  return (
    <fieldset className="group" id={fieldPathId.$id}>
      <legend>{title}</legend>
      {schema.description && <p className="hint">{schema.description}</p>}
      {items}
      {canAdd && (
        <button type="button" className="small" disabled={disabled || readonly} onClick={onAddClick}>
          Add{title ? ` to ${title.toLowerCase()}` : ""}
        </button>
      )}
    </fieldset>
  );
}

export function ArrayFieldItemTemplate({ children, buttonsProps, index }: ArrayFieldItemTemplateProps) {
  return (
    <div className="item">
      <div className="item-body">{children}</div>
      {buttonsProps.hasRemove && (
        <button
          type="button"
          className="quiet small"
          aria-label={`Remove entry ${index + 1}`}
          onClick={buttonsProps.onRemoveItem}
        >
          <TrashIcon />
        </button>
      )}
    </div>
  );
}

export function MultiSchemaFieldTemplate({ selector, optionSchemaField }: MultiSchemaFieldTemplateProps) {
  return (
    <div className="choice">
      {selector}
      {optionSchemaField}
    </div>
  );
}

export function BaseInputTemplate(props: BaseInputTemplateProps) {
  const {
    id,
    type,
    value,
    schema,
    options,
    placeholder,
    required,
    disabled,
    readonly,
    onChange,
    onChangeOverride,
    onBlur,
    onFocus,
  } = props;
  const { step, ...input } = getInputProps(schema, type, options);
  const examples = Array.isArray(schema.examples) ? schema.examples.map(String) : [];
  return (
    <>
      <input
        {...input}
        step={step}
        id={id}
        className="control"
        value={input.type === "number" || input.type === "integer" ? (value ?? "") : (value ?? "")}
        placeholder={placeholder || (schema.default === undefined && input.type === "number" ? "default" : "")}
        required={required}
        disabled={disabled || readonly}
        autoComplete="off"
        spellCheck={false}
        list={examples.length > 0 ? `${id}-examples` : undefined}
        aria-describedby={ariaDescribedByIds(id)}
        onChange={
          onChangeOverride ?? ((event) => onChange(event.target.value === "" ? options.emptyValue : event.target.value))
        }
        onBlur={(event) => onBlur(id, event.target.value)}
        onFocus={(event) => onFocus(id, event.target.value)}
      />
      {examples.length > 0 && (
        <datalist id={`${id}-examples`}>
          {examples.map((example) => (
            <option key={example} value={example} />
          ))}
        </datalist>
      )}
    </>
  );
}
