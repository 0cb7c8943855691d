import { Text } from '@mantine/core';
import { useSuspenseQuery } from '@tanstack/react-query';
import { resourceQuery } from '~/api/resources';
import { ClassificationBadge, LifecycleBadge } from '~/components/Badges';
import { PageHeader } from '~/components/PageHeader';

export function EndpointPage({ name }: { name: string }) {
  const { spec } = useSuspenseQuery(resourceQuery('Endpoint', name)).data;
  const badges = (
    <>
      <LifecycleBadge of={spec.lifecycle} />
      <ClassificationBadge of={spec.classification} />
    </>
  );
  return (
    <>
      <PageHeader title={spec.title ?? name} badges={badges} lead={<Text ff="monospace">{spec.address ?? spec.topic}</Text>} />
      <Text>{spec.description}</Text>
    </>
  );
}
