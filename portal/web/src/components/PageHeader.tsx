import { Group, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { s } from '~/strings';

interface Props {
  title: string;
  lead?: ReactNode;
  /** Buttons, at the right. */
  actions?: ReactNode;
  /** Badges after the title. */
  badges?: ReactNode;
}

/** The top of each page; names the tab as well. */
export function PageHeader({ title, lead, actions, badges }: Props) {
  useDocumentTitle(`${title} · ${s.common.product}`);
  return (
    <Group justify="space-between" align="flex-start" mb="lg" gap="md">
      <Stack gap={4} maw={760}>
        <Group gap="xs">
          <Title order={1}>{title}</Title>
          {badges}
        </Group>
        {typeof lead === 'string' ? <Text c="dimmed">{lead}</Text> : lead}
      </Stack>
      {actions ? <Group gap="xs">{actions}</Group> : null}
    </Group>
  );
}
