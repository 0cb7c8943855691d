// What comes instead, and what that means for those who move.
import { Alert, Card, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { write } from '~/api/editing';
import { resourceQuery, type Resource } from '~/api/resources';
import { Facts } from '~/components/Facts';
import { AnchorLink } from '~/components/Links';
import { ProblemAlert } from '~/components/ProblemAlert';
import { Breaks } from '~/features/editor/Breaks';
import { approvesItself, plansQuery, useTeam } from '~/features/endpoint/data';
import { Successor } from '~/features/endpoint/moves/Successor';
import { addressOf } from '~/features/endpoint/versions/relations';
import { deprecate } from '~/strings/deprecate';

const words = deprecate.instead;
const say = deprecate.report;

interface Props {
  endpoint: Resource<'Endpoint'>;
  value: string;
  /** What is proposed by itself. */
  proposed?: string;
  onChange: (endpoint: string) => void;
}

export function Instead({ endpoint, value, proposed, onChange }: Props) {
  return (
    <section>
      <Title order={2}>{words.title}</Title>
      <Text size="sm" c="dimmed" mb="sm">{words.lead}</Text>
      <Stack gap="md">
        <Successor of={endpoint.metadata.name} value={value} onChange={onChange} headed />
        {value && value === proposed ? <Text size="sm">{words.proposed(value)}</Text> : null}
        {value ? <Next key={value} name={value} endpoint={endpoint} /> : <Warning>{words.none}</Warning>}
      </Stack>
    </section>
  );
}

export function Warning({ children }: { children: React.ReactNode }) {
  return <Alert color="orange" icon={<IconAlertTriangle aria-hidden />} maw={760}>{children}</Alert>;
}

function Next({ name, endpoint }: { name: string; endpoint: Resource<'Endpoint'> }) {
  const asked = useQuery(resourceQuery('Endpoint', name));
  const plans = useQuery(plansQuery(name));
  const owner = useTeam(asked.data?.spec.owner);
  if (asked.isPending || plans.isPending) return <Skeleton height={120} radius="md" />;
  if (asked.error ?? plans.error) return <ProblemAlert error={asked.error ?? plans.error} />;
  const next = asked.data;
  const offered = plans.data.items;
  const waits = offered.filter(({ spec }) => !approvesItself(spec)).map(({ metadata }) => metadata.name);
  return (
    <>
      <Card withBorder>
        <Facts facts={[
          { name: words.address, value: <Text span inherit ff="monospace">{addressOf(next)}</Text> },
          { name: words.version, value: next.spec.version ?? '1.0.0' },
          { name: words.owner, value: owner.title || words.nobody },
          { name: words.plans, value: offered.map(({ metadata }) => metadata.name).join(', ') || '–' },
        ]} />
      </Card>
      {offered.length === 0 ? <Warning>{words.noPlans}</Warning> : null}
      {waits.length > 0 ? <Text size="sm">{words.asks(waits)}</Text> : null}
      <Report before={endpoint} after={next} />
    </>
  );
}

/** What the gateway says would break if the one became the other: plan by plan, for those who subscribe. */
function Report({ before, after }: { before: Resource<'Endpoint'>; after: Resource<'Endpoint'> }) {
  const { name } = before.metadata;
  const { schema, format } = after.spec;
  const asked = useQuery({
    queryKey: ['resources', 'Endpoint', 'report', name, after.metadata.name],
    queryFn: () => write('Endpoint', name, { ...before, spec: { ...before.spec, schema, format } }, { dryRun: true }),
    retry: false,
  });
  return (
    <div>
      <Title order={3} mb={2}>{say.title}</Title>
      <Text size="sm" c="dimmed" mb="xs">
        {say.lead} <AnchorLink to="/endpoints/$name/versions" params={{ name: after.metadata.name }} inherit underline="always">{say.fields}</AnchorLink>
      </Text>
      {asked.isPending ? <Skeleton height={60} radius="md" /> : null}
      {asked.error ? <ProblemAlert error={asked.error} title={say.failed} /> : null}
      {asked.data && (asked.data.breaks ?? []).length === 0 ? <Text size="sm">{say.nothing}</Text> : null}
      <Breaks breaks={asked.data?.breaks ?? []} />
    </div>
  );
}
