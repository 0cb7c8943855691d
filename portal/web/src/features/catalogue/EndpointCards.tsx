import { Anchor, Badge, Card, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Hit } from '~/api/search';
import { ClassificationBadge, LifecycleBadge } from '~/components/Badges';
import { s } from '~/strings';
import classes from './EndpointCards.module.css';

const TAGS_MAX = 4;

export function EndpointCards({ hits }: { hits: Hit[] }) {
  return (
    <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }}>
      {hits.map((hit) => <EndpointCard key={hit.name} hit={hit} />)}
    </SimpleGrid>
  );
}

function EndpointCard({ hit }: { hit: Hit }) {
  const from = [hit.owner, hit.domain].filter(Boolean).join(' · ');
  return (
    <Card withBorder className={classes.card} component="article">
      <Stack gap={6} h="100%">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <Anchor component={Link} to={`/endpoints/${hit.name}`} fw={600} className={classes.link}>
            {hit.title ?? hit.name}
          </Anchor>
          {hit.lifecycle === 'published' ? null : <LifecycleBadge of={hit.lifecycle} />}
        </Group>
        <Text size="xs" c="dimmed" ff="monospace">{hit.address}</Text>
        <Text size="sm" lineClamp={2} c={hit.description ? undefined : 'dimmed'}>
          {hit.description ? hit.description : s.catalogue.noDescription}
        </Text>
        <Group gap={6} mt="auto" pt={4}>
          {from ? <Text size="xs" c="dimmed">{from}</Text> : null}
          <ClassificationBadge of={hit.classification} />
          {hit.tags?.slice(0, TAGS_MAX).map((tag) => (
            <Badge key={tag} variant="default" fw={500}>{tag}</Badge>
          ))}
        </Group>
      </Stack>
    </Card>
  );
}
