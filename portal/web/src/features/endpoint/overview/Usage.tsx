// How much is delivered: the last day as one line of bars.
import { Box, Card, Skeleton, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { components } from '~/api/openapi.gen';
import { endpoint as words } from '~/strings/endpoint';
import { usageQuery } from '../data';
import { Kept } from '~/features/kept/Kept';
import { keptIn } from '~/features/kept/kept';
import { kept } from '~/strings/kept';
import { exactly, many, since } from '~/format';
import classes from './Usage.module.css';

type UsageBody = components['schemas']['UsageBody'];

const BARS = 48;
const WIDTH = 288;
const HEIGHT = 48;
const say = words.usage;

/** `owns`: whether whoever looks decides what subscribers get. */
export function Usage({ endpoint, owns }: { endpoint: string; owns: boolean }) {
  const asked = useQuery(usageQuery(endpoint));
  if (asked.isPending) return <Skeleton height={132} radius="md" />;
  // Not everybody may see it; the page is of use without.
  if (asked.error) return null;
  const { total, most, bars, last } = summary(asked.data);
  return (
    <Card withBorder component="section" aria-label={say.title}>
      <Title order={2} mb={4}>{say.title}</Title>
      {total === 0 ? <Text size="sm" c="dimmed">{say.quiet}</Text> : (
        <>
          <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className={classes.chart} role="img" aria-label={say.chart(exactly(total), exactly(most))}>
            {bars.map((events, at) => {
              const height = Math.max((events / most) * HEIGHT, events > 0 ? 2 : 0.5);
              const width = WIDTH / BARS;
              return <rect key={at} x={at * width} y={HEIGHT - height} width={width - 1.5} height={height} rx={1} />;
            })}
          </svg>
          <Text size="sm">{say.delivered(many(total))}</Text>
          {last ? <Text size="xs" c="dimmed">{say.last(since(last) ?? say.justNow)}</Text> : null}
        </>
      )}
      {owns ? <Box mt="sm"><Kept of={keptIn(asked.data)} side="owner" title={kept.titleDay} /></Box> : null}
    </Card>
  );
}

/** All doors together, in as many bars as are drawn. */
export function summary({ from, to, stepSeconds, points }: UsageBody) {
  const start = Date.parse(from);
  const length = (Date.parse(to) - start) / BARS;
  const bars = Array.from({ length: BARS }, () => 0);
  let last: string | undefined;
  for (const { at, events } of points) {
    const bar = Math.min(Math.max(Math.floor((Date.parse(at) - start) / length), 0), BARS - 1);
    bars[bar] = (bars[bar] ?? 0) + events;
    if (events > 0 && (!last || at > last)) last = at;
  }
  // A point stands for a step: its last event may be as late as the step's end.
  const end = last ? new Date(Math.min(Date.parse(last) + stepSeconds * 1000, Date.parse(to))).toISOString() : undefined;
  return { bars, last: end, total: bars.reduce((all, one) => all + one, 0), most: Math.max(...bars, 1) };
}
