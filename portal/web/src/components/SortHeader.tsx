// A column's title that sorts by it; a second time the other way round.
import { Group, UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowsSort, IconArrowUp } from '@tabler/icons-react';

interface Props {
  title: string;
  field: string;
  /** `field`, or `-field` for the reverse. */
  sort: string;
  onSort: (sort: string) => void;
}

export function SortHeader({ title, field, sort, onSort }: Props) {
  const how = sorted(sort, field);
  const Sign = how === 'ascending' ? IconArrowUp : how === 'descending' ? IconArrowDown : IconArrowsSort;
  return (
    <UnstyledButton fz="inherit" fw="inherit" c="inherit" onClick={() => onSort(sort === field ? `-${field}` : field)}>
      <Group gap={4} wrap="nowrap">
        {title}
        <Sign size={14} stroke={1.6} aria-hidden opacity={how === 'none' ? 0.55 : 1} />
      </Group>
    </UnstyledButton>
  );
}

/** As `aria-sort` has it. */
export function sorted(sort: string, field: string): 'ascending' | 'descending' | 'none' {
  if (sort === field) return 'ascending';
  return sort === `-${field}` ? 'descending' : 'none';
}
