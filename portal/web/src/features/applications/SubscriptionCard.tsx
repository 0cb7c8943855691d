// A subscription of an application: where it stands, what comes next, and how much it uses.
import { Anchor, Card, Group, SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { subscriptionUsageQuery, type Usage } from '~/api/activity';
import type { SubscriptionMove } from '~/api/moves';
import { resourceQuery } from '~/api/resources';
import type { Who } from '~/api/session';
import { StateBadge } from '~/components/Badges';
import { ButtonLink } from '~/components/Links';
import { When } from '~/components/When';
import { day } from '~/format';
import { exactly } from '~/format';
import { useTeam } from '~/features/endpoint/data';
import { GoesAway } from '~/features/endpoint/GoesAway';
import { Kept } from '~/features/kept/Kept';
import { keptIn } from '~/features/kept/kept';
import { MoveMenu } from '~/features/subscribers/MoveMenu';
import { mayDecide, movesOf, stateOf, type OfSubscription } from '~/features/subscribers/moves';
import { LastUse, UsageBars } from '~/features/subscribers/UsageBars';
import { applications } from '~/strings/applications';
import { kept } from '~/strings/kept';

const words = applications.subscription;

interface Props {
  subscription: OfSubscription;
  who: Who;
  /** Whether the application is theirs. */
  mine: boolean;
  onMove: (move: SubscriptionMove) => void;
}

export function SubscriptionCard({ subscription, who, mine, onMove }: Props) {
  const { metadata: { name }, spec } = subscription;
  const state = stateOf(subscription);
  // An endpoint that is offered no longer may not be there for them.
  const endpoint = useQuery({ ...resourceQuery('Endpoint', spec.endpoint), retry: false });
  const owner = endpoint.data?.spec.owner;
  const title = endpoint.data?.spec.title ?? spec.endpoint;
  const moves = movesOf(subscription, mayDecide(who, owner), mine);
  const reads = mine && state === 'active';
  return (
    <Card withBorder component="article" aria-label={title}>
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start" gap="sm">
          <Stack gap={2}>
            <Group gap="xs">
              <Title order={2} size="h3">
                <Anchor component={Link} to={`/endpoints/${spec.endpoint}`} inherit>{title}</Anchor>
              </Title>
              <StateBadge of={state} />
            </Group>
            <Text size="sm" c="dimmed">{words.plan(spec.plan)}</Text>
          </Stack>
          <Group gap="xs">
            {reads ? (
              <>
                <ButtonLink to="/endpoints/$name/live" params={{ name: spec.endpoint }} search={{ subscription: name }} size="xs" variant="default" aria-label={words.liveOf(title)}>{words.live}</ButtonLink>
                <ButtonLink to="/endpoints/$name/connect" params={{ name: spec.endpoint }} search={{ subscription: name }} size="xs" variant="default" aria-label={words.connectTo(title)}>{words.connect}</ButtonLink>
              </>
            ) : null}
            <MoveMenu subscription={subscription} moves={moves} onMove={onMove} />
          </Group>
        </Group>
        <Standing subscription={subscription} owner={owner} />
        {endpoint.data && state !== 'revoked' ? <GoesAway spec={endpoint.data.spec} /> : null}
        {['active', 'suspended'].includes(state) ? <Used name={name} owner={owner} mine={mine} /> : null}
      </Stack>
    </Card>
  );
}

/** What was decided and what comes next, in words. */
function Standing({ subscription, owner }: { subscription: OfSubscription; owner?: string | null }) {
  const { requestedAt, decision, expiresAt, recertifyBy } = subscription.spec;
  const state = stateOf(subscription);
  const decided: Partial<Record<typeof state, string>> = { rejected: words.rejected, suspended: words.suspended, revoked: words.revoked };
  const start = decided[state];
  const live = state === 'active' || state === 'suspended';
  if (state === 'active' && !decision?.reason && !recertifyBy && !expiresAt) return null;
  return (
    <Stack gap={2}>
      {state === 'pending' ? (
        <Text size="sm">{owner ? words.waits(owner) : words.waitsForSomebody}{requestedAt ? <When at={requestedAt} /> : null}.</Text>
      ) : null}
      {start && decision ? <Text size="sm">{start}<When at={decision.at} />, {words.by(decision.by)}.</Text> : null}
      {state === 'expired' ? <Text size="sm">{words.expired}</Text> : null}
      {decision?.reason ? <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>“{decision.reason}”</Text> : null}
      {live && recertifyBy && !(expiresAt && expiresAt < recertifyBy) ? <Text size="sm">{words.confirm(owner ?? '', day(recertifyBy))}</Text> : null}
      {live && expiresAt ? <Text size="sm">{words.ends(day(expiresAt))}</Text> : null}
    </Stack>
  );
}

function Used({ name, owner, mine }: { name: string; owner?: string | null; mine: boolean }) {
  const asked = useQuery(subscriptionUsageQuery(name));
  const team = useTeam(owner).title;
  return (
    <>
    <SimpleGrid cols={{ base: 1, xs: 3 }} maw={720}>
      <Figure title={words.usage}><UsageBars subscription={name} /></Figure>
      <Figure title={words.lastUse}><Text size="sm" component="div"><LastUse subscription={name} /></Text></Figure>
      <Figure title={words.behind}>
        {asked.isPending ? <Skeleton height={14} width={120} /> : <Text size="sm">{behind(asked.data?.lag ?? [])}</Text>}
      </Figure>
    </SimpleGrid>
    {asked.data ? <Kept of={keptIn(asked.data)} side={mine ? 'reader' : 'owner'} owner={team} title={kept.title} /> : null}
    </>
  );
}

function Figure({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed" mb={2}>{title}</Text>
      {children}
    </div>
  );
}

/** How far each consumer group is from the end, all partitions together. */
function behind(lag: NonNullable<Usage['lag']>): string {
  const groups = new Map<string, number>();
  for (const { group, committed, logEnd } of lag) groups.set(group, (groups.get(group) ?? 0) + Math.max(logEnd - committed, 0));
  if (groups.size === 0) return words.noGroups;
  const late = [...groups].filter(([, count]) => count > 0);
  return late.length === 0 ? words.upToDate : late.map(([group, count]) => words.behindBy(exactly(count), group)).join('; ');
}
