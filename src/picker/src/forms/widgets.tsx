import { ariaDescribedByIds, deepEquals, type FieldProps, rangeSpec, type WidgetProps } from "@rjsf/utils";
import { useState } from "react";

/** A slider beside a number, which alone can say that nothing is set. */
export function RangeWidget({
  id,
  value,
  schema,
  label,
  disabled,
  readonly,
  required,
  onChange,
  onBlur,
  onFocus,
}: WidgetProps) {
  const { min = 0, max = 100 } = rangeSpec(schema);
  const step = schema.multipleOf ?? (schema.type === "integer" ? 1 : (max - min) / 100 > 0.02 ? 0.05 : 0.01);
  const set = typeof value === "number";
  const changed = (text: string) => onChange(text === "" ? undefined : Number(text));
  return (
    <div className="range" data-unset={!set || undefined}>
      {max - min <= 10_000 && (
        <input
          type="range"
          aria-label={`${label}, slider`}
          min={min}
          max={max}
          step={step}
          value={set ? value : (min + max) / 2}
          disabled={disabled || readonly}
          onChange={(event) => changed(event.target.value)}
        />
      )}
      <input
        type="number"
        id={id}
        className="control"
        min={min}
        max={max}
        step={schema.type === "integer" ? 1 : "any"}
        value={set ? value : ""}
        placeholder="default"
        required={required}
        disabled={disabled || readonly}
        aria-describedby={ariaDescribedByIds(id)}
        onChange={(event) => changed(event.target.value)}
        onBlur={() => onBlur(id, value)}
        onFocus={() => onFocus(id, value)}
      />
    </div>
  );
}

/** One of a list, or several; the values may be of any type. */
export function SelectWidget({
  id,
  schema,
  value,
  label,
  options,
  multiple,
  required,
  disabled,
  readonly,
  placeholder,
  onChange,
}: WidgetProps) {
  const choices = options.enumOptions ?? [];
  const index = choices.findIndex((choice) => deepEquals(choice.value, value));
  const chosen = choices.map((choice, at) =>
    Array.isArray(value) && value.some((one) => deepEquals(one, choice.value)) ? String(at) : "",
  );
  return (
    <select
      id={id}
      className="control"
      multiple={multiple}
      aria-label={/__(any|one)of_select$/.test(id) ? label : undefined}
      aria-describedby={ariaDescribedByIds(id)}
      value={multiple ? chosen.filter(Boolean) : index < 0 ? "" : String(index)}
      required={required}
      disabled={disabled || readonly}
      onChange={({ target }) => {
        const picked = [...target.selectedOptions]
          .filter((option) => option.value !== "")
          .map((option) => choices[Number(option.value)]?.value);
        onChange(multiple ? picked : picked[0]);
      }}
    >
      {!multiple && (index < 0 || schema.default === undefined) && <option value="">{placeholder}</option>}
      {choices.map((choice, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the index is what a choice is known by
        <option key={at} value={at}>
          {choice.label}
        </option>
      ))}
    </select>
  );
}

/** A secret: hidden until asked for, never offered for completion. */
export function PasswordWidget({
  id,
  value,
  disabled,
  readonly,
  required,
  placeholder,
  onChange,
  onBlur,
  onFocus,
}: WidgetProps) {
  const [visible, setVisible] = useState(false);
  return (
    <div className="secret">
      <input
        id={id}
        className="control"
        type={visible ? "text" : "password"}
        value={typeof value === "string" ? value : ""}
        placeholder={placeholder}
        required={required}
        disabled={disabled || readonly}
        autoComplete="new-password"
        autoCapitalize="off"
        spellCheck={false}
        aria-describedby={ariaDescribedByIds(id)}
        onChange={(event) => onChange(event.target.value === "" ? undefined : event.target.value)}
        onBlur={() => onBlur(id, undefined)}
        onFocus={() => onFocus(id, undefined)}
      />
      <button type="button" className="quiet small" aria-pressed={visible} onClick={() => setVisible(!visible)}>
        {visible ? "Hide" : "Show"}
      </button>
    </div>
  );
}

/** One line that grows with its text. */
export function TextareaWidget({
  id,
  value,
  disabled,
  readonly,
  required,
  placeholder,
  onChange,
  onBlur,
  onFocus,
}: WidgetProps) {
  return (
    <textarea
      id={id}
      className="control growing"
      rows={1}
      value={typeof value === "string" ? value : ""}
      placeholder={placeholder}
      required={required}
      disabled={disabled || readonly}
      aria-describedby={ariaDescribedByIds(id)}
      onChange={(event) => onChange(event.target.value === "" ? undefined : event.target.value)}
      onBlur={() => onBlur(id, value)}
      onFocus={() => onFocus(id, value)}
    />
  );
}

export function CheckboxWidget({ id, value, label, disabled, readonly, onChange, onBlur, onFocus }: WidgetProps) {
  return (
    <label className="check">
      <input
        type="checkbox"
        id={id}
        checked={value === true}
        disabled={disabled || readonly}
        aria-describedby={ariaDescribedByIds(id)}
        onChange={(event) => onChange(event.target.checked)}
        onBlur={() => onBlur(id, value)}
        onFocus={() => onFocus(id, value)}
      />
      <span>{label}</span>
    </label>
  );
}

/** Yes, no, or not set: what the service does by itself. */
export function TriStateField({ fieldPathId, formData, disabled, readonly, onChange }: FieldProps) {
  const id = fieldPathId.$id;
  return (
    <select
      id={id}
      className="control"
      value={typeof formData === "boolean" ? String(formData) : ""}
      disabled={disabled || readonly}
      aria-describedby={ariaDescribedByIds(id)}
      onChange={({ target }) => onChange(target.value === "" ? undefined : target.value === "true", fieldPathId.path)}
    >
      <option value="">Not set</option>
      <option value="true">Yes</option>
      <option value="false">No</option>
    </select>
  );
}
