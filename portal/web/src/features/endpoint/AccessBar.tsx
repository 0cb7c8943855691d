// What one has of an endpoint already, and the way to it.
import { Group, Text } from '@mantine/core';
import { IconCircleCheck, IconClock, IconPlayerPause } from '@tabler/icons-react';
import type { Resource } from '~/api/resources';
import { AnchorLink } from '~/components/Links';
import { endpoint as words } from '~/strings/endpoint';
import classes from './AccessBar.module.css';
import { stateOf } from './data';

/** Applications that are named; administrators see many. */
const NAMED_MAX = 3;

const ICONS = { active: IconCircleCheck, pending: IconClock, suspended: IconPlayerPause };

interface Props {
  endpoint: string;
  subscriptions: Resource<'Subscription'>[];
}

export function AccessBar({ endpoint, subscriptions }: Props) {
  if (subscriptions.length === 0) return null;
  const more = subscriptions.length - NAMED_MAX;
  return (
    <ul className={classes.list}>
      {subscriptions.slice(0, NAMED_MAX).map((one) => <Access key={one.metadata.name} endpoint={endpoint} subscription={one} />)}
      {more > 0 ? <Text component="li" size="sm" c="dimmed">{words.access.more(more)}</Text> : null}
    </ul>
  );
}

function Access({ endpoint, subscription: { metadata, spec } }: { endpoint: string; subscription: Resource<'Subscription'> }) {
  const state = stateOf(spec);
  if (state !== 'active' && state !== 'pending' && state !== 'suspended') return null;
  const Icon = ICONS[state];
  const to = { params: { name: endpoint }, search: { subscription: metadata.name } };
  return (
    <Group component="li" gap="xs" className={classes[state]}>
      <Icon size={18} stroke={1.8} aria-hidden />
      <Text size="sm" fw={600}>{words.access[state](spec.application)}</Text>
      {state === 'active' ? (
        <>
          <AnchorLink to="/endpoints/$name/live" {...to} size="sm">{words.access.see}</AnchorLink>
          <AnchorLink to="/endpoints/$name/connect" {...to} size="sm">{words.access.connect}</AnchorLink>
        </>
      ) : null}
      {state === 'pending' ? (
        <AnchorLink to="/endpoints/$name/subscribe" {...to} size="sm">{words.access.request}</AnchorLink>
      ) : null}
    </Group>
  );
}
