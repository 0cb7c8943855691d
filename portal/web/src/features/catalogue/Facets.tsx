import { Button, Checkbox, Group, Stack, Text } from '@mantine/core';
import type { Found } from '~/api/search';
import { exactly } from '~/format';
import { s } from '~/strings';
import classes from './Facets.module.css';
import { chosen, FACETS, isFiltered, toggled, type Facet, type Filters } from './filters';

/** Values of a facet that are shown; the most frequent come first. */
const SHOWN_MAX = 8;

interface Props {
  counts: Found['facets'];
  filters: Filters;
  onChange: (filters: Filters) => void;
}

export function Facets({ counts, filters, onChange }: Props) {
  const { layout } = filters;
  return (
    <Stack gap="lg" component="section" aria-label={s.catalogue.filters}>
      {isFiltered(filters) ? (
        <Button variant="subtle" size="compact-sm" onClick={() => onChange({ layout })}>
          {s.catalogue.clear}
        </Button>
      ) : null}
      {FACETS.map((facet) => (
        <FacetValues key={facet} facet={facet} counts={counts[facet] ?? []} filters={filters} onChange={onChange} />
      ))}
    </Stack>
  );
}

type ValuesProps = Omit<Props, 'counts'> & { facet: Facet; counts: Found['facets'][string] };

function FacetValues({ facet, counts, filters, onChange }: ValuesProps) {
  const picked = chosen(filters, facet);
  const missing = picked.filter((value) => !counts.some((count) => count.value === value));
  const shown = [...counts.slice(0, SHOWN_MAX), ...missing.map((value) => ({ value, count: 0 }))];
  if (shown.length === 0) return null;
  return (
    <Checkbox.Group label={s.catalogue.facets[facet]} value={picked} labelProps={{ mb: 6 }}>
      <Stack gap={2}>
        {shown.map(({ value, count }) => (
          <Group key={value} justify="space-between" wrap="nowrap" gap="xs">
            <Checkbox
              size="sm"
              classNames={{ body: classes.body }}
              value={value}
              label={words(facet, value)}
              onChange={() => onChange(toggled(filters, facet, value))}
            />
            <Text size="xs" c="dimmed">{exactly(count)}</Text>
          </Group>
        ))}
      </Stack>
    </Checkbox.Group>
  );
}

function words(facet: Facet, value: string): string {
  const { lifecycle, classification } = s.common;
  const known: Partial<Record<string, string>> =
    facet === 'lifecycle' ? lifecycle : facet === 'classification' ? classification : {};
  return known[value] ?? value;
}
