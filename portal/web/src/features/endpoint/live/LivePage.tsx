// An endpoint's events as they come, through one's own subscription: what the application gets, no more. Without
// one, through a plan that shows its events to everybody.
import { Skeleton } from '@mantine/core';
import { IconBroadcast } from '@tabler/icons-react';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { resourceQuery } from '~/api/resources';
import { Empty } from '~/components/Empty';
import { ProblemAlert } from '~/components/ProblemAlert';
import { live as words } from '~/strings/live';
import { plansQuery, useMySubscriptions } from '../data';
import { NoAccess } from '../NoAccess';
import { Ended } from './Ended';
import { Live } from './Live';
import { Preview } from './Preview';

const route = getRouteApi('/_signed/endpoints/$name/live');
const icon = <IconBroadcast size={40} stroke={1.2} aria-hidden />;

export function LivePage({ name }: { name: string }) {
  const { spec } = useSuspenseQuery(resourceQuery('Endpoint', name)).data;
  const { subscription } = route.useSearch();
  const mine = useMySubscriptions(name);
  const plans = useQuery(plansQuery(name));
  const preview = plans.data?.items.find((plan) => plan.spec.preview)?.metadata.name;
  /** Whose events are shown: they stay when the access ends, and no other takes their place unasked. */
  const [shown, show] = useState<string>();
  if (spec.direction === 'produce') return <Empty icon={icon} title={words.writeOnly.title} text={words.writeOnly.text} />;
  if (mine.isPending || plans.isPending) return <Skeleton height={480} radius="md" />;
  if (mine.error) return <ProblemAlert error={mine.error} />;
  const active = (wanted: string | undefined) => mine.active.find((one) => one.metadata.name === wanted)?.metadata.name;
  const chosen = active(subscription) ?? shown ?? mine.active[0]?.metadata.name;
  if (chosen && chosen !== shown) show(chosen);
  if (chosen) {
    const ended = active(chosen) ? undefined : <Ended subscription={chosen} endpoint={name} />;
    return <Live key={chosen} source={{ subscription: chosen }} all={mine.active} ended={ended} />;
  }
  if (preview && mine.subscriptions.length === 0) return <Preview plan={preview} />;
  return <NoAccess endpoint={name} icon={icon} subscriptions={mine.subscriptions} none={words.none} waiting={words.waiting} />;
}
