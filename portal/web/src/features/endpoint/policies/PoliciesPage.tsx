// What the plans' policies do, in words. How exactly is for those who may read policies; what is done
// where is told to everybody who sees the plan.
import { Anchor, Card, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconEye, IconShieldHalf } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { resourceQuery, type Resource } from '~/api/resources';
import { hasRole } from '~/api/session';
import { Empty } from '~/components/Empty';
import { AnchorLink } from '~/components/Links';
import { ProblemAlert } from '~/components/ProblemAlert';
import { policies as words } from '~/strings/endpointPages';
import { describedQuery, plansQuery } from '../data';
import { publicRuleInWords, ruleInWords } from '../rules';
import { Rules } from './Rules';

const signed = getRouteApi('/_signed');

export function PoliciesPage({ name }: { name: string }) {
  const { who } = signed.useRouteContext();
  const plans = useQuery(plansQuery(name));
  const mayRead = hasRole(who, 'owner', 'operator', 'securityOfficer', 'auditor');
  if (plans.isPending) return <Skeleton height={320} radius="md" />;
  if (plans.error) return <ProblemAlert error={plans.error} />;
  if (plans.data.items.length === 0) {
    return <Empty icon={<IconShieldHalf size={40} stroke={1.2} aria-hidden />} title={words.noPlans.title} text={words.noPlans.text} />;
  }
  return (
    <Stack gap="lg">
      <Text c="dimmed" maw={760}>{mayRead ? words.lead : words.leadPublic}</Text>
      {plans.data.items.map((plan) => <PlanPolicies key={plan.metadata.name} endpoint={name} plan={plan} mayRead={mayRead} />)}
    </Stack>
  );
}

function PlanPolicies({ endpoint, plan, mayRead }: { endpoint: string; plan: Resource<'Plan'>; mayRead: boolean }) {
  const { name } = plan.metadata;
  const policies = plan.spec.policies ?? [];
  return (
    <Card withBorder component="section" aria-label={words.planOf(name)}>
      <Group justify="space-between" mb="sm">
        <Title order={2}>{words.planOf(name)}</Title>
        <AnchorLink to="/endpoints/$name/schema" params={{ name: endpoint }} search={{ plan: name }} size="sm">{words.inSchema}</AnchorLink>
      </Group>
      {policies.length === 0 ? (
        <Group gap={8} wrap="nowrap"><IconEye size={18} stroke={1.6} aria-hidden /><Text size="sm">{words.nothing}</Text></Group>
      ) : mayRead ? (
        <Stack gap="md">{policies.map((policy) => <PolicyRules key={policy} policy={policy} />)}</Stack>
      ) : <PublicRules endpoint={endpoint} plan={name} />}
    </Card>
  );
}

function PolicyRules({ policy }: { policy: string }) {
  const asked = useQuery(resourceQuery('Policy', policy));
  if (asked.isPending) return <Skeleton height={96} />;
  if (asked.error) return <ProblemAlert error={asked.error} title={words.policyOf(policy)} />;
  const { spec } = asked.data;
  return (
    <div>
      <Group gap="xs" mb={4}>
        <Title order={3}><Anchor component={Link} to={`/policies/${policy}`} inherit>{policy}</Anchor></Title>
        {spec.version ? <Text size="xs" c="dimmed">{words.version(spec.version)}</Text> : null}
      </Group>
      {spec.description ? <Text size="sm" c="dimmed" mb="xs">{spec.description}</Text> : null}
      <Rules rules={spec.rules.map((rule) => ({ action: Object.keys(rule).find((key) => rule[key as keyof typeof rule]) ?? '', words: ruleInWords(rule) }))} />
    </div>
  );
}

function PublicRules({ endpoint, plan }: { endpoint: string; plan: string }) {
  const described = useQuery(describedQuery(endpoint, plan));
  if (described.isPending) return <Skeleton height={96} />;
  if (described.error) return <ProblemAlert error={described.error} />;
  if (described.data.rules.length === 0) return <Text size="sm">{words.nothing}</Text>;
  return <Rules rules={described.data.rules.map((rule) => ({ action: rule.action, words: publicRuleInWords(rule) }))} />;
}
