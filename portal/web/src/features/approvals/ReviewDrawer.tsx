// What one has to know to decide: who asks and why, what the plan gives, and what they have already.
import { Button, Drawer, Group, List, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { askingQuery } from '~/api/asking';
import { listQuery, resourceQuery, type Resource } from '~/api/resources';
import { StateBadge } from '~/components/Badges';
import { Markdown } from '~/components/Markdown';
import { ProblemAlert } from '~/components/ProblemAlert';
import { When } from '~/components/When';
import { describedQuery } from '~/features/endpoint/data';
import { PlanFacts } from '~/features/endpoint/overview/PlanFacts';
import { publicRuleInWords } from '~/features/endpoint/rules';
import type { OfSubscription } from '~/features/subscribers/moves';
import type { OfEndpoint } from '~/features/subscribers/useDecided';
import { s } from '~/strings';
import { approvals } from '~/strings/approvals';
import { Agreed } from './Agreed';

const words = approvals.drawer;

interface Props {
  about: OfSubscription | undefined;
  opened: boolean;
  onClose: () => void;
  endpoints: Map<string, OfEndpoint>;
  onDecide: (move: 'approve' | 'reject', subscription: OfSubscription) => void;
}

export function ReviewDrawer({ about, opened, onClose, endpoints, onDecide }: Props) {
  if (!about) return null;
  const { spec } = about;
  const endpoint = endpoints.get(spec.endpoint);
  return (
    <Drawer opened={opened} onClose={onClose} position="right" size="lg" title={words.title(spec.application, endpoint?.title ?? spec.endpoint)}
      closeButtonProps={{ 'aria-label': s.common.close }}>
      <Stack gap="lg">
        <Part title={words.why}>
          <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }} c={spec.justification ? undefined : 'dimmed'}>
            {spec.justification ? spec.justification : approvals.noJustification}
          </Text>
          {spec.requestedAt ? <Text size="sm" c="dimmed">{words.asked} <When at={spec.requestedAt} />{spec.requestedBy ? `, ${approvals.by(spec.requestedBy)}` : ''}</Text> : null}
        </Part>
        <Part title={words.application}><Asking subscription={about.metadata.name} /></Part>
        <Part title={words.plan(spec.plan)}><Given plan={spec.plan} agreed={spec.agreedTerms} owner={endpoint?.owner} /></Part>
        <Part title={words.others}><Others subscription={about} /></Part>
        <Group pos="sticky" bottom={0} py="sm" bg="var(--mantine-color-body)">
          <Button onClick={() => onDecide('approve', about)}>{approvals.approve}</Button>
          <Button variant="default" onClick={() => onDecide('reject', about)}>{approvals.reject}</Button>
        </Group>
      </Stack>
    </Drawer>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <Title order={3} mb={4}>{title}</Title>
      {children}
    </section>
  );
}

function Asking({ subscription }: { subscription: string }) {
  const asked = useQuery(askingQuery(subscription));
  if (asked.isPending) return <Skeleton height={40} />;
  if (asked.error) return <ProblemAlert error={asked.error} />;
  const { metadata: { name }, spec: { owner, description } } = asked.data;
  return (
    <>
      <Text size="sm" fw={600}>{name}</Text>
      {owner ? <Text size="sm">{words.team(owner)}</Text> : null}
      {description ? <Text size="sm">{description}</Text> : null}
    </>
  );
}

function Given({ plan, agreed, owner }: { plan: string; agreed?: string | null; owner?: string | null }) {
  const asked = useQuery(resourceQuery('Plan', plan));
  if (asked.isPending) return <Skeleton height={120} />;
  if (asked.error) return <ProblemAlert error={asked.error} />;
  const { terms } = asked.data.spec;
  return (
    <Stack gap="sm">
      <PlanFacts plan={asked.data} owner={owner} />
      <Rules plan={asked.data} />
      {terms ? (
        <div>
          <Text size="sm" fw={600} mb={4}>{words.terms}</Text>
          <Markdown text={terms} />
          <Agreed terms={terms} agreed={agreed} />
        </div>
      ) : null}
    </Stack>
  );
}

/** What subscribers do not get as it is, rule by rule. */
function Rules({ plan: { metadata, spec } }: { plan: Resource<'Plan'> }) {
  const described = useQuery(describedQuery(spec.endpoint, metadata.name));
  const rules = described.data?.rules ?? [];
  if (rules.length === 0) return null;
  return (
    <div>
      <Text size="sm" fw={600} mb={4}>{words.rules}</Text>
      <List size="sm">
        {rules.map((rule, at) => <List.Item key={at}>{publicRuleInWords(rule)}</List.Item>)}
      </List>
    </div>
  );
}

function Others({ subscription: { metadata, spec } }: { subscription: OfSubscription }) {
  const asked = useQuery(listQuery('Subscription', { filter: `application=${spec.application}` }));
  if (asked.isPending) return <Skeleton height={40} />;
  const others = (asked.data?.items ?? []).filter((one) => one.metadata.name !== metadata.name);
  if (others.length === 0) return <Text size="sm" c="dimmed">{words.noOthers}</Text>;
  return (
    <List size="sm" spacing={4}>
      {others.map((one) => (
        <List.Item key={one.metadata.name}>
          <Group gap="xs">{words.line(one.spec.endpoint, one.spec.plan)} <StateBadge of={one.spec.state} /></Group>
        </List.Item>
      ))}
    </List>
  );
}
