import { Button, Group, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTyped } from '~/components/useTyped';
import { useState } from 'react';
import { auditTypesQuery } from '~/api/audit';
import { s } from '~/strings';
import { isFiltered, said, type AuditFilters } from './filters';

const words = s.audit.filters;

interface Props {
  filters: AuditFilters;
  onChange: (filters: AuditFilters) => void;
}

export function AuditFilterBar({ filters, onChange }: Props) {
  const types = useQuery(auditTypesQuery).data ?? [];
  const kinds = [...new Set(types.map(({ subject }) => subject.split('/')[0] ?? '').filter((kind) => /^[A-Z]/.test(kind)))].sort();
  const change = (parts: Partial<AuditFilters>) => onChange({ ...filters, record: undefined, ...parts });
  return (
    <Group gap="sm" mb="md" align="flex-end" component="section" aria-label={words.title}>
      <Select
        label={words.kind}
        data={kinds}
        value={filters.kind ?? null}
        onChange={(kind) => change({ kind: kind ?? undefined, ...(kind ? {} : { name: undefined }) })}
        clearable
        clearButtonProps={{ 'aria-label': words.clearOne(words.kind) }}
        placeholder={words.any}
        w={150}
      />
      <Typed key={`name ${filters.kind ?? ''}`} label={words.name} value={filters.name} disabled={!filters.kind} onChange={(name) => change({ name })} />
      <Select
        label={words.type}
        data={types.map(({ type }) => ({ value: type, label: said(type) })).sort((a, b) => a.label.localeCompare(b.label))}
        value={filters.type ?? null}
        onChange={(type) => change({ type: type ?? undefined })}
        clearable
        searchable
        clearButtonProps={{ 'aria-label': words.clearOne(words.type) }}
        placeholder={words.any}
        w={230}
      />
      <Typed label={words.actor} value={filters.actor} onChange={(actor) => change({ actor })} />
      <TextInput type="date" label={words.since} value={filters.since ?? ''} onChange={(event) => change({ since: event.currentTarget.value || undefined })} w={150} />
      <TextInput type="date" label={words.until} value={filters.until ?? ''} onChange={(event) => change({ until: event.currentTarget.value || undefined })} w={150} />
      {isFiltered(filters) ? <Button variant="subtle" onClick={() => onChange({})}>{words.clear}</Button> : null}
    </Group>
  );
}

interface TypedProps {
  label: string;
  value: string | undefined;
  disabled?: boolean;
  onChange: (value: string | undefined) => void;
}

function Typed({ label, value, disabled, onChange }: TypedProps) {
  const { typed, type, show } = useTyped(value ?? '', (text) => onChange(text.trim() || undefined));
  const [told, setTold] = useState(value);
  // The address says another value: by a link, or because the filters were cleared.
  if (told !== value) {
    setTold(value);
    if ((value ?? '') !== typed.trim()) show(value ?? '');
  }
  return (
    <TextInput
      label={label}
      w={160}
      value={typed}
      disabled={disabled}
      onChange={(event) => type(event.currentTarget.value)}
    />
  );
}
