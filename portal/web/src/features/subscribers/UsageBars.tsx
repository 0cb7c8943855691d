// How much a subscription used in the last week, as small bars.
import { Skeleton, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { subscriptionUsageQuery } from '~/api/activity';
import { When } from '~/components/When';
import { summary } from '~/features/endpoint/overview/Usage';
import { KeptInShort } from '~/features/kept/Kept';
import { keptIn } from '~/features/kept/kept';
import { exactly } from '~/format';
import { subscribers as words } from '~/strings/subscribers';
import classes from './UsageBars.module.css';

const HEIGHT = 24;
const BAR = 3;

export function UsageBars({ subscription }: { subscription: string }) {
  const asked = useQuery(subscriptionUsageQuery(subscription));
  if (asked.isPending) return <Skeleton height={HEIGHT} />;
  if (asked.error) return null;
  const { total, most, bars } = summary(asked.data);
  const label = total === 0 ? words.noUse : words.use(exactly(total));
  return (
    <svg viewBox={`0 0 ${bars.length * BAR} ${HEIGHT}`} className={classes.bars} preserveAspectRatio="none" role="img" aria-label={label}>
      <title>{label}</title>
      {bars.map((events, at) => {
        const height = Math.max((events / most) * HEIGHT, events > 0 ? 2 : 1);
        return <rect key={at} x={at * BAR} y={HEIGHT - height} width={BAR - 1} height={height} data-quiet={events === 0 || undefined} />;
      })}
    </svg>
  );
}

export function LastUse({ subscription }: { subscription: string }) {
  const asked = useQuery(subscriptionUsageQuery(subscription));
  if (asked.isPending) return <Skeleton height={14} width={70} />;
  if (asked.error) return null;
  const { last } = summary(asked.data);
  return last ? <When at={last} /> : <Text span inherit c="dimmed">{words.notUsed}</Text>;
}

/** What of its use somebody has to look into. */
export function KeptOf({ subscription }: { subscription: string }) {
  const { data } = useQuery(subscriptionUsageQuery(subscription));
  return data ? <KeptInShort of={keptIn(data)} /> : null;
}
