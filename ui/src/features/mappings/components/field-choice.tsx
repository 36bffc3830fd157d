import { SelectField, TextField } from "@/components/ui/field";

import { GROUPS, listFields, readTagKey, toTagField } from "../lib/fields";

interface FieldChoiceProps {
  field: string;
  problem: string | null;
  onChange: (field: string) => void;
}

/** What a rule fills: a column, or a tag by its name. */
export function FieldChoice({ field, problem, onChange }: FieldChoiceProps) {
  const key = readTagKey(field);
  return (
    <div className="col-span-2 grid gap-2 sm:col-span-1">
      <SelectField
        label="Fills"
        value={key === null ? field : toTagField("")}
        problem={key === null ? problem : null}
        onChange={({ target }) => onChange(target.value)}
      >
        {GROUPS.map((group) => (
          <optgroup key={group} label={group}>
            {listFields(group).map(([name, label]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </optgroup>
        ))}
        <optgroup label="Tags">
          <option value={toTagField("")}>A tag …</option>
        </optgroup>
      </SelectField>
      {key === null ? null : (
        <TextField
          label="Tag"
          placeholder="plan"
          className="[&_input]:font-mono"
          value={key}
          problem={problem}
          onChange={({ target }) => onChange(toTagField(target.value))}
        />
      )}
    </div>
  );
}
