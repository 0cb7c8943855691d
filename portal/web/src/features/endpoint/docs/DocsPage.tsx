import { Card } from '@mantine/core';
import { IconBook2 } from '@tabler/icons-react';
import { useSuspenseQuery } from '@tanstack/react-query';
import { resourceQuery } from '~/api/resources';
import { Empty } from '~/components/Empty';
import { Markdown } from '~/components/Markdown';
import { docs as words } from '~/strings/endpointPages';

/** The guide that the owner wrote. */
export function DocsPage({ name }: { name: string }) {
  const { spec } = useSuspenseQuery(resourceQuery('Endpoint', name)).data;
  if (!spec.documentation?.trim()) {
    return <Empty icon={<IconBook2 size={40} stroke={1.2} aria-hidden />} title={words.none.title} text={words.none.text} />;
  }
  return <Card withBorder padding="xl"><Markdown text={spec.documentation} /></Card>;
}
