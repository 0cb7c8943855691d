// What came of a request, as it is now: it follows the change feed.
import { Alert, Anchor, Card, Group, Skeleton, Stack, Text } from '@mantine/core';
import { usePrevious } from '@mantine/hooks';
import { IconCircleCheck, IconClock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { resourceQuery, type Resource } from '~/api/resources';
import type { Endpoint } from '~/api/resources.gen';
import { StateBadge } from '~/components/Badges';
import { ButtonLink } from '~/components/Links';
import { PageHeader } from '~/components/PageHeader';
import { ProblemAlert } from '~/components/ProblemAlert';
import { stateOf, useTeam } from '~/features/endpoint/data';
import { moment } from '~/format';
import { subscribe as words } from '~/strings/subscribe';
import { Granted } from './Granted';
import type { Made } from './SubscribePage';

const say = words.done;

interface Props {
  endpoint: string;
  spec: Endpoint;
  subscription: string;
  made?: Made;
  onMade: (made: Made) => void;
}

export function Outcome({ endpoint, spec, subscription, made, onMade }: Props) {
  const asked = useQuery(resourceQuery('Subscription', subscription));
  const state = asked.data ? stateOf(asked.data.spec) : undefined;
  const before = usePrevious(state);
  const page = useRef<HTMLDivElement>(null);
  // The form that had the focus is gone: what came of it is read on.
  useEffect(() => {
    page.current?.focus();
  }, [asked.isPending]);
  if (asked.isPending) return <Skeleton height={320} radius="md" />;
  if (asked.error) return <ProblemAlert error={asked.error} />;
  const { application, plan } = asked.data.spec;
  const title = spec.title ?? endpoint;
  return (
    <div ref={page} tabIndex={-1} style={{ outline: 'none' }}>
      <div role="status">{before === 'pending' && state === 'active' ? <Alert color="green" mb="md" icon={<IconCircleCheck aria-hidden />}>{say.approved}</Alert> : null}</div>
      {state === 'active' ? (
        <>
          <PageHeader title={say.active(application)} lead={say.activeLead(title, plan)} badges={<StateBadge of={state} />} />
          <Granted endpoint={endpoint} subscription={subscription} application={application} made={made} onMade={onMade} />
        </>
      ) : state === 'pending' ? <Waiting spec={spec} subscription={asked.data} /> : <Refused endpoint={endpoint} subscription={asked.data} />}
    </div>
  );
}

function Waiting({ spec, subscription }: { spec: Endpoint; subscription: Resource<'Subscription'> }) {
  const { requestedAt, justification, application, plan } = subscription.spec;
  const team = useTeam(spec.owner);
  const mail = spec.contact?.email ?? team.email;
  return (
    <>
      <PageHeader title={say.pending} lead={say.pendingLead(team.title)} badges={<StateBadge of="pending" />} />
      <Card withBorder maw={640}>
        <Group wrap="nowrap" align="flex-start">
          <IconClock size={22} stroke={1.6} aria-hidden style={{ flex: 'none' }} />
          <Stack gap={4}>
            <Text size="sm" fw={600}>{application} · {plan}</Text>
            {requestedAt ? <Text size="sm" c="dimmed">{say.asked(moment(requestedAt))}</Text> : null}
            {justification ? <Text size="sm">{justification}</Text> : null}
            {mail ? <Text size="sm">{say.ask}<Anchor href={`mailto:${mail}`} size="sm">{mail}</Anchor></Text> : null}
          </Stack>
        </Group>
      </Card>
    </>
  );
}

function Refused({ endpoint, subscription: { spec } }: { endpoint: string; subscription: Resource<'Subscription'> }) {
  const rejected = spec.state === 'rejected';
  return (
    <>
      <PageHeader title={rejected ? say.rejected : say.other} badges={<StateBadge of={spec.state} />} lead={spec.decision ? say.rejectedBy(spec.decision.by) : undefined} />
      <Stack align="flex-start">
        {rejected ? <Text>{spec.decision?.reason ? spec.decision.reason : say.noReason}</Text> : null}
        <Group>
          <ButtonLink to="/endpoints/$name/subscribe" params={{ name: endpoint }} search={{}} variant="default">{say.again}</ButtonLink>
          <Anchor component={Link} to={`/applications/${spec.application}`}>{say.toApplication}</Anchor>
        </Group>
      </Stack>
    </>
  );
}
