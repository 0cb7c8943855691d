// What a list says that has nothing to show: why, and what to do about it.
import { Card, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

interface Props {
  icon?: ReactNode;
  title: string;
  text: string;
  children?: ReactNode;
}

export function Empty({ icon, title, text, children }: Props) {
  return (
    <Card withBorder padding="xl">
      <Stack align="center" gap="xs" ta="center" maw={520} mx="auto">
        {icon}
        <Title order={2}>{title}</Title>
        <Text c="dimmed">{text}</Text>
        {children}
      </Stack>
    </Card>
  );
}
