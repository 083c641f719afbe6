import { Select } from '@mantine/core';

interface Props {
  label: string;
  value: string | undefined;
  options: { value: string; label: string }[];
  width?: number;
  onChoose: (value: string | undefined) => void;
}

/** One of several things that a board or a calendar goes by; nothing where there is no choice. */
export function Choice({ label, value, options, width, onChoose }: Props) {
  if (options.length < 2) return null;
  return (
    <Select
      size="xs"
      w={width}
      aria-label={label}
      allowDeselect={false}
      value={value ?? null}
      data={options}
      onChange={(next) => onChoose(next ?? undefined)}
    />
  );
}
