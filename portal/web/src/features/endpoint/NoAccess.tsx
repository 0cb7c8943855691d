// What a page says that needs an active subscription, where there is none: why, and what to do.
import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Resource } from '~/api/resources';
import { Empty } from '~/components/Empty';
import { ButtonLink } from '~/components/Links';
import { endpoint as words } from '~/strings/endpoint';
import { stateOf } from './data';

interface Props {
  endpoint: string;
  icon: ReactNode;
  /** One's own live subscriptions, none of them active. */
  subscriptions: Resource<'Subscription'>[];
  /** What to say to those who have none. */
  none: { title: string; text: string };
  /** What happens here once a request is approved. */
  waiting: string;
}

export function NoAccess({ endpoint, icon, subscriptions, none, waiting }: Props) {
  const say = words.access;
  const params = { name: endpoint };
  const [first] = subscriptions;
  if (!first) {
    return (
      <Empty icon={icon} title={none.title} text={none.text}>
        <ButtonLink to="/endpoints/$name/subscribe" params={params}>{words.subscribe}</ButtonLink>
      </Empty>
    );
  }
  const { spec, metadata } = first;
  if (stateOf(spec) === 'suspended') {
    const { decision } = spec;
    return (
      <Empty icon={icon} title={say.suspended(spec.application)} text={say.suspendedText}>
        {decision?.reason ? <Text size="sm">{say.because(decision.by, decision.reason)}</Text> : null}
      </Empty>
    );
  }
  return (
    <Empty icon={icon} title={say.pending(spec.application)} text={waiting}>
      <ButtonLink to="/endpoints/$name/subscribe" params={params} search={{ subscription: metadata.name }}>{say.request}</ButtonLink>
    </Empty>
  );
}
