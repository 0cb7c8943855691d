import { Alert, Anchor, Button, Card, Group, SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconChecklist, IconPlugConnected } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { listQuery, resourceQuery, type Resource } from '~/api/resources';
import { searchQuery } from '~/api/search';
import { hasRole, type Who } from '~/api/session';
import { EndpointCards } from '~/features/catalogue/EndpointCards';
import { GoesAway } from '~/features/endpoint/GoesAway';
import { LifecycleBadge, StateBadge } from '~/components/Badges';
import { Empty } from '~/components/Empty';
import { PageHeader } from '~/components/PageHeader';
import { ProblemAlert } from '~/components/ProblemAlert';
import { s } from '~/strings';

const NEWEST = 6;
const MINE = 8;
const words = s.home;
const route = getRouteApi('/_signed');

export function HomePage() {
  const { who } = route.useRouteContext();
  const newest = useQuery(searchQuery({ limit: NEWEST }));
  return (
    <>
      <PageHeader title={words.hello(who.name)} lead={words.lead} />
      <Stack gap="xl">
        {hasRole(who, 'owner', 'securityOfficer') ? <NeedsMe /> : null}
        <Mine who={who} />
        <section>
          <Group justify="space-between" mb="sm">
            <Title order={2}>{words.newest}</Title>
            <Anchor component={Link} to="/endpoints">{words.all}</Anchor>
          </Group>
          {newest.error ? <ProblemAlert error={newest.error} /> : null}
          {newest.isPending ? <Skeleton height={280} /> : <EndpointCards hits={newest.data?.items ?? []} />}
        </section>
      </Stack>
    </>
  );
}

function NeedsMe() {
  const pending = useQuery(listQuery('Subscription', { filter: 'state=pending', limit: 1 }));
  const count = pending.data?.total ?? 0;
  if (count === 0) return null;
  return (
    <Alert icon={<IconChecklist aria-hidden />} title={words.needsMe}>
      <Anchor component={Link} to="/approvals">{words.waiting(count)}</Anchor>
    </Alert>
  );
}

/** Subscriptions of applications of one's teams; whoever decides about others' finds those elsewhere. */
function Mine({ who }: { who: Who }) {
  const applications = useQuery(listQuery('Application', { fields: 'owner' }));
  const all = useQuery(listQuery('Subscription', { sort: '-requestedAt' }));
  if (applications.isPending || all.isPending) return <Skeleton height={140} />;
  if (applications.error) return <ProblemAlert error={applications.error} />;
  if (all.error) return <ProblemAlert error={all.error} />;
  const own = applications.data.items.filter(({ spec }) => spec.owner && who.teams.includes(spec.owner));
  const names = new Set(own.map((one) => one.metadata.name));
  const mine = all.data.items.filter((one) => names.has(one.spec.application)).slice(0, MINE);
  if (mine.length === 0) {
    return (
      <Empty icon={<IconPlugConnected size={40} stroke={1.2} aria-hidden />} title={words.noneMine.title} text={words.noneMine.text}>
        <Button component={Link} to="/endpoints">{words.noneMine.action}</Button>
      </Empty>
    );
  }
  return (
    <section>
      <Title order={2} mb="sm">{words.mine}</Title>
      <SimpleGrid cols={{ base: 1, sm: 2, xl: 4 }}>
        {mine.map((one) => <Subscribed key={one.metadata.name} subscription={one} />)}
      </SimpleGrid>
    </section>
  );
}

function Subscribed({ subscription: { spec } }: { subscription: Resource<'Subscription'> }) {
  // What is offered no longer may not be there for them.
  const endpoint = useQuery({ ...resourceQuery('Endpoint', spec.endpoint), retry: false }).data?.spec;
  const leaves = endpoint?.lifecycle === 'deprecated' || endpoint?.lifecycle === 'retired';
  return (
    <Card withBorder padding="sm">
      <Group justify="space-between" wrap="nowrap">
        <Anchor component={Link} to={`/endpoints/${spec.endpoint}`} fw={600} size="sm">{endpoint?.title ?? spec.endpoint}</Anchor>
        {leaves ? <LifecycleBadge of={endpoint.lifecycle} /> : <StateBadge of={spec.state} />}
      </Group>
      <Text size="xs" c="dimmed">{spec.application} · {spec.plan}</Text>
      {leaves ? <GoesAway spec={endpoint} size="xs" mt={4} /> : null}
    </Card>
  );
}
