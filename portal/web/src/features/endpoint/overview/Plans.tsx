import { Card, Group, SimpleGrid, Skeleton, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Resource } from '~/api/resources';
import type { Endpoint } from '~/api/resources.gen';
import { Empty } from '~/components/Empty';
import { ButtonLink } from '~/components/Links';
import { ProblemAlert } from '~/components/ProblemAlert';
import { endpoint as words } from '~/strings/endpoint';
import { plansQuery } from '../data';
import { PlanFacts } from './PlanFacts';

const say = words.overview;

/** The plans of an endpoint as cards. */
export function Plans({ endpoint, spec }: { endpoint: string; spec: Endpoint }) {
  const plans = useQuery(plansQuery(endpoint));
  return (
    <section>
      <Title order={2}>{say.plans}</Title>
      <Text size="sm" c="dimmed" mb="sm">{say.plansLead}</Text>
      {plans.error ? <ProblemAlert error={plans.error} /> : null}
      {plans.isPending ? <Skeleton height={180} radius="md" /> : null}
      {plans.data?.items.length === 0 ? <Empty title={say.noPlans.title} text={say.noPlans.text} level={3} /> : null}
      <SimpleGrid cols={{ base: 1, sm: 2, xl: 3 }}>
        {plans.data?.items.map((plan) => <PlanCard key={plan.metadata.name} plan={plan} spec={spec} />)}
      </SimpleGrid>
    </section>
  );
}

function PlanCard({ plan, spec }: { plan: Resource<'Plan'>; spec: Endpoint }) {
  const { name } = plan.metadata;
  const offered = (spec.lifecycle ?? 'published') === 'published';
  return (
    <Card withBorder component="article">
      <Group justify="space-between" mb="xs" gap="xs">
        <Title order={3}>{name}</Title>
        {offered ? (
          <ButtonLink to="/endpoints/$name/subscribe" params={{ name: plan.spec.endpoint }} search={{ plan: name }}
            size="compact-sm" variant="light" aria-label={words.plan.choose(name)}>
            {words.subscribe}
          </ButtonLink>
        ) : null}
      </Group>
      <PlanFacts plan={plan} owner={spec.owner} />
    </Card>
  );
}
