import { Box, Button, Stack, Text } from '@mantine/core';
import { IconArrowUp } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { Resource } from '~/api/resources';
import { Empty } from '~/components/Empty';
import { ProblemAlert } from '~/components/ProblemAlert';
import { useTyped } from '~/components/useTyped';
import { live as words } from '~/strings/live';
import { Announcer } from './Announcer';
import type { LiveEvent } from './event';
import { EventList } from './EventList';
import { Inspector } from './Inspector';
import classes from './Live.module.css';
import type { LiveSearch } from './search';
import { StateLine } from './StateLine';
import { Toolbar } from './Toolbar';
import { useTail, type Source } from './useTail';

const route = getRouteApi('/_signed/endpoints/$name/live');

interface Props {
  source: Source;
  /** One's active subscriptions. */
  all: Resource<'Subscription'>[];
  /** Why nothing comes any more, once that is known. */
  ended?: ReactNode;
}

export function Live({ source, all, ended }: Props) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const go = (part: LiveSearch) => void navigate({ search: (before) => ({ ...before, ...part }), replace: true, resetScroll: false });
  const from = search.from ?? 'latest';
  const [again, setAgain] = useState(0);
  const { typed, type } = useTyped(search.q ?? '', (q) => go({ q: q || undefined }));
  const { tail, view } = useTail(source, from, again, search.q ?? '', ended !== undefined);
  const [paused, setPaused] = useState(false);
  const [inspected, setInspected] = useState<LiveEvent>();
  const { state, events } = view;
  const seek = (to: string) => {
    setInspected(undefined);
    setPaused(false);
    setAgain((times) => times + 1);
    go({ from: to === 'latest' ? undefined : to });
  };
  /** Paused on purpose, or because one reads further down. */
  const hold = (still: boolean) => tail.hold(still || paused);
  const inspect = (event: LiveEvent | undefined) => {
    setInspected(event);
    if (!event) tail.hold(paused);
  };
  const pause = (still: boolean) => {
    setPaused(still);
    tail.hold(still);
  };
  return (
    <Stack gap="sm">
      <Toolbar
        subscription={source.subscription} all={all} onSubscription={(to) => go({ subscription: to })}
        typed={typed} onType={type}
        paused={paused} onPause={pause} from={from} onSeek={seek}
      />
      <StateLine view={view} ended={ended !== undefined} />
      <Announcer view={view} ended={ended !== undefined} />
      {ended ?? (state.at === 'refused' ? (
        <Stack align="flex-start" gap="xs">
          <Box w="100%"><ProblemAlert error={state.problem} title={words.refused} /></Box>
          <Button variant="default" onClick={() => setAgain(again + 1)}>{words.again}</Button>
        </Stack>
      ) : null)}
      {events.length > 0 ? (
        <div className={classes.columns} data-open={inspected !== undefined || undefined}>
          {inspected ? <Inspector event={inspected} events={events} onEvent={setInspected} subscription={source.subscription} onClose={() => inspect(undefined)} /> : null}
          <Box pos="relative" miw={0}>
            {view.held && view.fresh > 0 ? (
              <Button className={classes.fresh} size="compact-sm" radius="xl" leftSection={<IconArrowUp size={14} aria-hidden />} onClick={() => pause(false)}>
                {words.fresh(view.fresh)}
              </Button>
            ) : null}
            <EventList events={events} held={view.held} chosen={inspected} onHold={hold} onInspect={inspect} />
          </Box>
        </div>
      ) : search.q && view.received > 0 ? <Text c="dimmed" py="md">{words.nothingMatches(search.q)}</Text>
        : state.at === 'open' && !ended ? (
          <Empty title={words.waitingFor.title} text={words.waitingFor.text}>
            {from === 'earliest' ? null : <Button variant="default" onClick={() => seek('earliest')}>{words.waitingFor.action}</Button>}
          </Empty>
        ) : null}
    </Stack>
  );
}
