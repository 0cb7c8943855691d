// Facts by name, side by side where there is room.
import { SimpleGrid, Text } from '@mantine/core';
import type { ReactNode } from 'react';

export interface NamedFact {
  name: string;
  value: ReactNode;
}

export function Facts({ facts, cols = { base: 1, xs: 2, md: 4 } }: { facts: NamedFact[]; cols?: number | Record<string, number> }) {
  return (
    <SimpleGrid cols={cols} component="dl" spacing="md" verticalSpacing="sm" m={0}>
      {facts.map(({ name, value }) => (
        <div key={name}>
          <Text component="dt" size="xs" c="dimmed">{name}</Text>
          <Text component="dd" size="sm" m={0} style={{ overflowWrap: 'anywhere' }}>{value}</Text>
        </div>
      ))}
    </SimpleGrid>
  );
}
