// What a list says that has nothing to show: why, and what to do about it.
import { Card, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

interface Props {
  icon?: ReactNode;
  title: string;
  text: string;
  /** Of its heading; 2 unless it stands below one. */
  level?: 2 | 3;
  children?: ReactNode;
}

export function Empty({ icon, title, text, level = 2, children }: Props) {
  return (
    <Card withBorder padding="xl">
      <Stack align="center" gap="xs" ta="center" maw={520} mx="auto">
        {icon}
        <Title order={level}>{title}</Title>
        <Text c="dimmed">{text}</Text>
        {children}
      </Stack>
    </Card>
  );
}
