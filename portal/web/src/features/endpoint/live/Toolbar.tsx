import { Button, Group, Popover, Select, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconClockPlay, IconFilter, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useState, type SubmitEvent } from 'react';
import type { Resource } from '~/api/resources';
import { live as words } from '~/strings/live';
import { moment } from '~/format';

interface Props {
  /** Whose events they are; absent: a plan's that everybody may look at. */
  subscription?: string;
  all: Resource<'Subscription'>[];
  onSubscription: (name: string) => void;
  typed: string;
  onType: (text: string) => void;
  paused: boolean;
  onPause: (paused: boolean) => void;
  from: string;
  onSeek: (from: string) => void;
}

export function Toolbar({ subscription, all, onSubscription, typed, onType, paused, onPause, from, onSeek }: Props) {
  return (
    <Group gap="sm" align="flex-end">
      {subscription !== undefined && all.length > 1 ? (
        <Select label={words.subscription} value={subscription} allowDeselect={false} flex="0 1 260px" searchable={all.length > 8}
          data={all.map(({ metadata, spec }) => ({ value: metadata.name, label: `${spec.application} · ${spec.plan}` }))}
          onChange={(to) => to && onSubscription(to)} />
      ) : null}
      <TextInput type="search" label={words.filter} placeholder={words.filterHint} value={typed} flex="1 1 240px" maw={460}
        leftSection={<IconFilter size={16} aria-hidden />} onChange={(event) => onType(event.currentTarget.value)} />
      <Group gap="xs" ml="auto">
        <Seek from={from} onSeek={onSeek} />
        <Button variant={paused ? 'filled' : 'default'} onClick={() => onPause(!paused)} w={120}
          leftSection={paused ? <IconPlayerPlay size={16} aria-hidden /> : <IconPlayerPause size={16} aria-hidden />}>
          {paused ? words.resume : words.pause}
        </Button>
      </Group>
    </Group>
  );
}

function Seek({ from, onSeek }: { from: string; onSeek: (from: string) => void }) {
  const [opened, { toggle, close }] = useDisclosure(false);
  const [time, setTime] = useState('');
  const begins = words.seeks[from] ?? moment(from);
  const go = (to: string) => {
    close();
    onSeek(to);
  };
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    go(new Date(time).toISOString());
  };
  return (
    <Popover opened={opened} onChange={toggle} position="bottom-end" trapFocus withRoles width={320}>
      <Popover.Target>
        <Button variant="default" onClick={toggle} leftSection={<IconClockPlay size={16} aria-hidden />} aria-label={words.seekOf(begins)}>
          {begins}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={words.seek}>
        <Stack gap="xs">
          <Button variant="default" justify="flex-start" onClick={() => go('latest')}>{words.seekNow}</Button>
          <Button variant="default" justify="flex-start" onClick={() => go('earliest')}>{words.seekStart}</Button>
          <form onSubmit={onSubmit}>
            <Group gap="xs" align="flex-end" wrap="nowrap">
              <TextInput type="datetime-local" label={words.seekTime} value={time} onChange={(event) => setTime(event.currentTarget.value)} required withAsterisk={false} flex={1} miw={0} />
              <Button type="submit" variant="default" flex="none">{words.seekGo}</Button>
            </Group>
          </form>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
