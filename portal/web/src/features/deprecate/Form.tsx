// What deprecating an endpoint takes, in its order, and beside it what comes of it.
import { Box, Button, Card, Group, List, Skeleton, Stack, Text, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { SubmitEvent } from 'react';
import { writeToSubscribers } from '~/api/messages';
import { moveEndpoint } from '~/api/moves';
import { document, listQuery, type Resource } from '~/api/resources';
import { AsCode } from '~/components/AsCode';
import { AnchorLink } from '~/components/Links';
import { ProblemAlert } from '~/components/ProblemAlert';
import { toYaml } from '~/features/editor/text';
import { plansQuery } from '~/features/endpoint/data';
import { moveAsCode } from '~/features/endpoint/moves/asCode';
import { addressOf, baseOf, versionsOf } from '~/features/endpoint/versions/relations';
import { useMessageDraft } from '~/features/message/draft';
import { stateOf } from '~/features/subscribers/moves';
import { longDay } from '~/format';
import { deprecate as words } from '~/strings/deprecate';
import { inDays } from './days';
import { useDraft } from './draft';
import classes from './Form.module.css';
import { Instead, Warning } from './Instead';
import { LastDay } from './LastDay';
import { ReadersTable } from './ReadersTable';
import { isLive } from './standing';
import { Told } from './Told';
import { useReaders, type Readers } from './useReaders';

const signed = getRouteApi('/_signed');
/** What people have to change programs, unless somebody says otherwise. */
const DAYS_BEFORE = 90;

interface Props {
  endpoint: Resource<'Endpoint'>;
  /** Called when it is deprecated, and what was written could not be sent. */
  onNotSent: (problem: Error) => void;
}

export function Form({ endpoint, onNotSent }: Props) {
  const { metadata: { name }, spec } = endpoint;
  const { who } = signed.useRouteContext();
  const queries = useQueryClient();
  const { draft, set, forget } = useDraft(who.name, name);
  const newer = useNewer(endpoint);
  const plans = useQuery(plansQuery(name));
  const readers = useReaders(name);
  const title = spec.title ?? name;
  const sunset = draft.sunset ?? inDays(DAYS_BEFORE);
  const successor = draft.successor ?? newer.found ?? '';
  const details = { sunset: sunset || null, successor: successor || null };
  const message = useMessageDraft(who.name, name);
  const writes = (draft.writes ?? false) && readers.live.length > 0;
  const unwritten = writes && !(message.draft.subject.trim() && message.draft.text.trim());
  const make = useMutation({
    mutationFn: async () => {
      await moveEndpoint(name, 'deprecate', details);
      if (writes) await writeToSubscribers(name, message.draft).then(message.forget, onNotSent);
    },
    onSuccess: async () => {
      forget();
      notifications.show({ message: words.done(title) });
      await Promise.all([['resources', 'Endpoint'], ['search']].map((queryKey) => queries.invalidateQueries({ queryKey })));
    },
  });
  if (newer.isPending || readers.isPending) return <Skeleton height={420} radius="md" />;
  if (readers.error) return <ProblemAlert error={readers.error} />;
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    make.mutate();
  };
  const teams = [...new Set(readers.teams.values())].sort();
  const after = document('Endpoint', name, { ...spec, lifecycle: 'deprecated', sunset: sunset || undefined, successor: successor || undefined });
  return (
    <form onSubmit={onSubmit} className={classes.columns}>
      <Stack gap="xl" miw={0}>
        <Instead endpoint={endpoint} value={successor} proposed={newer.found} onChange={(to) => set({ successor: to })} />
        <LastDay value={sunset} onChange={(to) => set({ sunset: to })} live={readers.live} plans={plans.data?.items ?? []} />
        <WhoReads readers={readers} endpoint={name} />
        {readers.live.length > 0 ? <Told name={name} title={title} sunset={sunset} successor={successor} teams={teams}
          writes={writes} onWrites={(to) => set({ writes: to })} message={message.draft} onMessage={message.set} /> : null}
      </Stack>
      <Box className={classes.side}>
        <Card withBorder>
          <Stack gap="sm">
            <Title order={2}>{words.happens.title}</Title>
            <List size="sm" spacing={6} withPadding={false}>
              {consequences(sunset, successor, readers.live.length, writes).map((one) => <List.Item key={one}>{one}</List.Item>)}
            </List>
            {make.error ? <ProblemAlert error={make.error} /> : null}
            <Button type="submit" size="md" loading={make.isPending} disabled={unwritten}>{words.submit}</Button>
            <Text size="xs" c="dimmed">{words.happens.back}</Text>
            <Group justify="center"><AsCode code={{ yaml: toYaml(after), ...moveAsCode(name, 'deprecate', details) }} /></Group>
          </Stack>
        </Card>
      </Box>
    </form>
  );
}

function WhoReads({ readers, endpoint }: { readers: Readers; endpoint: string }) {
  const { live, used } = readers;
  const idle = live.filter(({ metadata }) => used.get(metadata.name) === false).length;
  const waiting = live.filter((one) => stateOf(one) === 'pending').length;
  const say = words.readers;
  return (
    <section>
      <Title order={2} mb={4}>{say.title}</Title>
      <Stack gap="sm">
        <Text size="sm">{live.length === 0 ? say.nobody : say.count(live.length)}{idle > 0 ? ` ${say.idle(idle)}` : ''}</Text>
        {waiting > 0 ? (
          <Warning>{say.waiting(waiting)} <AnchorLink to="/approvals" search={{ endpoint }} inherit underline="always" c="inherit">{say.decide}</AnchorLink></Warning>
        ) : null}
        {live.length > 0 ? <ReadersTable readers={readers.readers.filter(({ old }) => isLive(old))} of={readers} /> : null}
        {readers.cut ? <Text size="xs" c="dimmed">{say.first(live.length)}</Text> : null}
      </Stack>
    </section>
  );
}

function consequences(sunset: string, successor: string, readers: number, writes: boolean): string[] {
  const say = words.happens;
  return [
    say.offered,
    sunset ? say.until(longDay(sunset)) : say.endless,
    successor ? say.led(successor) : '',
    readers > 0 ? say.readers(readers) : say.nobody,
    writes ? say.written : '',
  ].filter(Boolean);
}

/** The newest version of it that is offered, if that is newer. */
function useNewer(endpoint: Resource<'Endpoint'>): { isPending: boolean; found?: string } {
  const asked = useQuery(listQuery('Endpoint', { filter: `address~${baseOf(addressOf(endpoint))}` }));
  const all = versionsOf(endpoint, asked.data?.items ?? []);
  const self = all.findIndex(({ relation }) => relation === 'this');
  const newer = all.slice(0, self).find((one) => (one.endpoint.spec.lifecycle ?? 'published') === 'published');
  return { isPending: asked.isPending, found: newer?.endpoint.metadata.name };
}
