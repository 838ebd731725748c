/** Draws the fields of a form; holds nothing itself. */
import { Checkbox, NumberInput, Select, Stack, TagsInput, Textarea, TextInput } from "@mantine/core";
import type { Draft, Field } from "./schema-fields.ts";

interface FieldsProps {
  fields: Field[];
  draft: Draft;
  errors: Record<string, string>;
  onChange(draft: Draft): void;
}

export function Fields({ fields, draft, errors, onChange }: FieldsProps) {
  return (
    <Stack gap="sm">
      {fields.map((field) => (
        <FieldInput
          key={field.name}
          field={field}
          value={draft[field.name]}
          error={errors[field.name]}
          onChange={(value) => onChange({ ...draft, [field.name]: value })}
        />
      ))}
    </Stack>
  );
}

interface FieldInputProps {
  field: Field;
  value: unknown;
  error: string | undefined;
  onChange(value: unknown): void;
}

function FieldInput({ field, value, error, onChange }: FieldInputProps) {
  const common = {
    label: field.title,
    description: field.description,
    error,
    required: field.required,
    name: field.name,
  };
  switch (field.kind) {
    case "boolean":
      return (
        <Checkbox
          {...common}
          size="xs"
          required={false}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "number":
      return (
        <NumberInput
          {...common}
          value={value as number | string}
          onChange={onChange}
          min={field.min}
          max={field.max}
          allowDecimal={!field.wholeNumber}
          clampBehavior="none"
        />
      );
    case "choice":
      return (
        <Select
          {...common}
          data={field.choices}
          value={(value as string) || null}
          onChange={(chosen) => onChange(chosen ?? "")}
          clearable={!field.required}
        />
      );
    case "list":
      return (
        <TagsInput {...common} value={value as string[]} onChange={onChange} placeholder="Type one and press Enter" />
      );
    case "long-text":
      return (
        <Textarea
          {...common}
          autosize
          minRows={3}
          maxRows={10}
          value={String(value)}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case "json":
      return (
        <Textarea
          {...common}
          autosize
          minRows={3}
          maxRows={14}
          spellCheck={false}
          value={String(value)}
          onChange={(event) => onChange(event.currentTarget.value)}
          classNames={{ input: "mono" }}
        />
      );
    case "text":
      return (
        <TextInput
          {...common}
          type={field.inputType}
          value={String(value)}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}
