// The endpoint to use instead of another: found as one types, however many there are.
import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { searchQuery } from '~/api/search';
import { endpointMoves as words } from '~/strings/endpointMoves';

const FOUND_MAX = 20;
const TYPING_MS = 200;

interface Props {
  /** The endpoint itself, which does not follow itself. */
  of: string;
  value: string;
  onChange: (endpoint: string) => void;
  /** Whether a heading above says already what it is. */
  headed?: boolean;
}

export function Successor({ of, value, onChange, headed = false }: Props) {
  const [typed, setTyped] = useState('');
  const [asked] = useDebouncedValue(typed.trim(), TYPING_MS);
  const found = useQuery({ ...searchQuery({ q: asked || undefined, lifecycle: 'published', limit: FOUND_MAX }), placeholderData: keepPreviousData });
  const hits = (found.data?.items ?? []).filter((hit) => hit.name !== of);
  const known = hits.some((hit) => hit.name === value);
  const options = hits.map((hit) => ({ value: hit.name, label: hit.title && hit.title !== hit.name ? `${hit.title} (${hit.name})` : hit.name }));
  return (
    <Select
      {...(headed ? { 'aria-label': words.successor } : { label: words.successor, description: words.successorHint })}
      data={value && !known ? [{ value, label: value }, ...options] : options}
      value={value || null}
      onChange={(to) => onChange(to ?? '')}
      onSearchChange={setTyped}
      placeholder={words.successorChoose}
      nothingFoundMessage={words.noSuccessor}
      // The server has found them, with a letter wrong where need be.
      filter={({ options: all }) => all}
      searchable
      clearable
      maw={420}
    />
  );
}
