// How far its readers are on their way to what comes instead.
import { Alert, Button, Card, Group, Progress as Bar, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import { IconMail } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { resourceQuery, type Resource } from '~/api/resources';
import { hasRole } from '~/api/session';
import { AnchorLink } from '~/components/Links';
import { ProblemAlert } from '~/components/ProblemAlert';
import { useDialog } from '~/components/useDialog';
import { useTeam } from '~/features/endpoint/data';
import { MessageDialog, type Writing } from '~/features/message/MessageDialog';
import { seesAll } from '~/features/subscribers/useDecided';
import { longDay } from '~/format';
import { deprecate } from '~/strings/deprecate';
import { message } from '~/strings/message';
import { daysUntil } from './days';
import { ReadersTable } from './ReadersTable';
import { isLive, standingOf } from './standing';
import { useReaders } from './useReaders';

const words = deprecate.progress;
/** So many can be chosen one by one. */
const CHOSEN_MAX = 100;
const signed = getRouteApi('/_signed');

export function Progress({ endpoint: { metadata: { name }, spec } }: { endpoint: Resource<'Endpoint'> }) {
  const { who } = signed.useRouteContext();
  const next = useQuery({ ...resourceQuery('Endpoint', spec.successor ?? ''), enabled: Boolean(spec.successor), retry: false });
  const owner = useTeam(next.data?.spec.owner);
  const of = useReaders(name, spec.successor);
  const writing = useDialog<Writing>();
  if (of.isPending) return <Skeleton height={320} radius="md" />;
  if (of.error) return <ProblemAlert error={of.error} />;
  const theirs = next.data && !seesAll(who) && !hasRole(who) && !who.teams.includes(next.data.spec.owner ?? '');
  const moved = of.readers.filter((reader) => standingOf(reader, of.used.get(reader.old.metadata.name)) === 'moved').length;
  const all = of.readers.length;
  const waiting = of.readers
    .filter((reader) => isLive(reader.old) && ['reads', 'idle', 'both'].includes(standingOf(reader, of.used.get(reader.old.metadata.name))))
    .map(({ old }) => old.metadata.name)
    .slice(0, CHOSEN_MAX);
  const live = of.readers.filter(({ old }) => isLive(old)).length;
  const left = spec.sunset ? daysUntil(spec.sunset) : undefined;
  const over = left !== undefined && left < 0;
  const nobody = live === 0;
  return (
    <Stack gap="lg">
      <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
        <Figure title={words.left} value={left === undefined ? words.noDay : over ? words.over(longDay(spec.sunset ?? '')) : words.days(left)}>
          {spec.sunset && !over ? <Text size="xs" c="dimmed">{words.until(longDay(spec.sunset))}</Text> : null}
        </Figure>
        <Figure title={words.moved} value={words.of(moved, all)}>
          <Bar.Root mt={6} size="sm"><Bar.Section value={all === 0 ? 100 : (moved / all) * 100} aria-label={words.chart(moved, all)} /></Bar.Root>
        </Figure>
        <Figure title={words.notYet} value={String(all - moved)} />
        <Figure title={words.instead} value={spec.successor ? (
          <AnchorLink to="/endpoints/$name" params={{ name: spec.successor }} inherit>{next.data?.spec.title ?? spec.successor}</AnchorLink>
        ) : words.none} />
      </SimpleGrid>
      {nobody || over ? <Alert color={nobody ? 'green' : 'orange'}>{nobody ? words.allMoved : words.mayRetire}</Alert> : null}
      {spec.successor ? null : <Alert color="orange">{words.noSuccessor}</Alert>}
      {theirs ? <Alert>{words.hidden(owner.title)}</Alert> : null}
      {waiting.length > 0 ? (
        <Button variant="default" leftSection={<IconMail size={16} aria-hidden />} style={{ alignSelf: 'flex-start' }}
          onClick={() => writing.open({ endpoint: name, subscriptions: waiting })}>{message.remind}</Button>
      ) : null}
      {all > 0 ? <ReadersTable readers={of.readers} of={of} moving /> : null}
      {of.cut ? <Text size="xs" c="dimmed">{deprecate.readers.first(all)}</Text> : null}
      <MessageDialog about={writing.about} opened={writing.opened} onClose={writing.close} endpoints={[]} />
    </Stack>
  );
}

function Figure({ title, value, children }: { title: string; value: ReactNode; children?: ReactNode }) {
  return (
    <Card withBorder padding="md">
      <Text size="xs" c="dimmed">{title}</Text>
      <Group fz="lg" fw={700}>{value}</Group>
      {children}
    </Card>
  );
}
