// Who gets what the policy leaves: plans, their endpoints, and who subscribes.
import { Anchor, Badge, Card, Group, SimpleGrid, Skeleton, Text } from '@mantine/core';
import { IconShieldHalf } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listQuery } from '~/api/resources';
import { ToneBadge } from '~/components/Badges';
import { Empty } from '~/components/Empty';
import { s } from '~/strings';
import type { Use } from './usage';

const words = s.policies.affected;
const SHOWN = 12;

export function Affected({ uses }: { uses: Use[] }) {
  if (uses.length === 0) {
    return <Empty icon={<IconShieldHalf size={40} stroke={1.2} aria-hidden />} title={words.nobody} text={words.nobodyText} />;
  }
  return (
    <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }}>
      {uses.map((use) => <OfPlan key={`${use.plan}@${String(use.pinned)}`} use={use} />)}
    </SimpleGrid>
  );
}

function OfPlan({ use: { plan, endpoint, pinned } }: { use: Use }) {
  const live = useQuery(listQuery('Subscription', { filter: `plan=${plan},state=active`, fields: 'application', limit: SHOWN }));
  const total = live.data?.total ?? 0;
  return (
    <Card withBorder padding="md">
      <Group justify="space-between" gap="xs">
        <Anchor component={Link} to={`/edit/plans/${plan}`} fw={600}>{plan}</Anchor>
        <ToneBadge tone={pinned === undefined ? 'good' : 'quiet'}>{pinned === undefined ? words.follows : words.pinned(pinned)}</ToneBadge>
      </Group>
      <Text size="sm" c="dimmed" mb="xs">
        {words.of} <Anchor inherit underline="always" component={Link} to={`/endpoints/${endpoint}`}>{endpoint}</Anchor>
      </Text>
      {live.isPending ? <Skeleton height={20} /> : <Text size="sm">{words.subscriptions(total)}</Text>}
      <Group gap={6} mt={6}>
        {live.data?.items.map(({ metadata, spec }) => <Badge key={metadata.name} variant="default" tt="none">{spec.application}</Badge>)}
        {total > SHOWN ? <Text size="xs" c="dimmed">{words.more(total - SHOWN)}</Text> : null}
      </Group>
    </Card>
  );
}
