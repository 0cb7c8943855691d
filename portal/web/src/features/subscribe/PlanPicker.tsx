import { Group, Radio, SimpleGrid, Text, Title } from '@mantine/core';
import type { Resource } from '~/api/resources';
import { PlanFacts } from '~/features/endpoint/overview/PlanFacts';
import { subscribe as words } from '~/strings/subscribe';
import classes from './Form.module.css';

interface Props {
  plans: Resource<'Plan'>[];
  owner?: string | null;
  value: string;
  onChange: (plan: string) => void;
}

/** The plans side by side, one of them chosen. */
export function PlanPicker({ plans, owner, value, onChange }: Props) {
  return (
    <section>
      <Title order={2} mb="sm">{words.plan}</Title>
      <Radio.Group value={value} onChange={onChange} aria-label={words.plan}>
        <SimpleGrid cols={{ base: 1, sm: Math.min(plans.length, 2), xl: Math.min(plans.length, 3) }}>
          {plans.map((plan) => (
            <Radio.Card key={plan.metadata.name} value={plan.metadata.name} className={classes.plan} aria-label={words.planOf(plan.metadata.name)}>
              <Group gap="sm" mb="sm" wrap="nowrap">
                <Radio.Indicator />
                <Text fw={600}>{plan.metadata.name}</Text>
              </Group>
              <PlanFacts plan={plan} owner={owner} />
            </Radio.Card>
          ))}
        </SimpleGrid>
      </Radio.Group>
    </section>
  );
}
