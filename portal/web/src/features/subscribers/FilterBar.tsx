// What narrows a list of subscriptions: a part of the application's name, and the endpoint.
import { Group, Select, Text, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { subscribers } from '~/strings/subscribers';
import type { OfEndpoint } from './useDecided';

const words = subscribers.filters;

interface Props {
  /** What is typed of the application's name. */
  application: string;
  onApplication: (part: string) => void;
  endpoint: string | undefined;
  onEndpoint: (endpoint: string | undefined) => void;
  endpoints: Map<string, OfEndpoint>;
  /** How many there are, in words; empty while that is not known. */
  count: string;
  /** Other filters. */
  children?: ReactNode;
}

export function FilterBar({ application, onApplication, endpoint, onEndpoint, endpoints, count, children }: Props) {
  return (
    <Group mb="md" gap="sm" align="flex-end">
      <TextInput type="search" label={words.application} placeholder={words.applicationHint} value={application}
        onChange={(event) => onApplication(event.currentTarget.value)} w={{ base: '100%', xs: 220 }} />
      <Select label={words.endpoint} placeholder={words.anyEndpoint} searchable clearable limit={100}
        data={[...endpoints.values()].map(({ name, title }) => ({ value: name, label: title }))}
        value={endpoint ?? null} onChange={(to) => onEndpoint(to ?? undefined)} w={{ base: '100%', xs: 240 }} />
      {children}
      <Text size="sm" c="dimmed" role="status" ml="auto">{count}</Text>
    </Group>
  );
}
