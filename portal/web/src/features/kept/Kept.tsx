// What did not reach subscribers, or not as it is: what it means and what to do. Where there is nothing to say,
// nothing is said.
import { Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconClockPause, IconEyeOff, IconFilter, type Icon } from '@tabler/icons-react';
import { duration } from '~/format';
import { kept as words } from '~/strings/kept';
import { isNothing, type Kept as Counts } from './kept';

interface Props {
  of: Counts;
  /** Who looks: whoever reads, or whoever decides what they get. */
  side: 'reader' | 'owner';
  /** The team that is asked, for those who read. */
  owner?: string;
  title: string;
}

export function Kept({ of, side, owner = '', title }: Props) {
  if (isNothing(of)) return null;
  const say = words.do[side];
  const wait = duration(of.throttledMillis);
  return (
    <Stack gap={4} component="section" aria-label={title}>
      <Text size="xs" c="dimmed">{title}</Text>
      {of.withheld > 0 ? <Line icon={IconAlertTriangle} loud is={words.withheld(of.withheld)} then={say.withheld(owner)} /> : null}
      {of.throttledMillis > 0 ? <Line icon={IconClockPause} loud is={side === 'reader' ? words.throttled(wait) : words.throttledAll(wait)} then={say.throttled} /> : null}
      {of.filtered > 0 ? <Line icon={IconFilter} is={words.filtered(of.filtered)} then={say.filtered} /> : null}
      {of.redacted > 0 ? <Line icon={IconEyeOff} is={words.redacted(of.redacted)} then={say.redacted} /> : null}
    </Stack>
  );
}

function Line({ icon: Sign, loud = false, is, then }: { icon: Icon; loud?: boolean; is: string; then: string }) {
  return (
    <Group gap={8} wrap="nowrap" align="flex-start" c={loud ? undefined : 'dimmed'}>
      <Sign size={16} stroke={1.6} aria-hidden style={{ flex: 'none', marginTop: 3 }} color={loud ? 'var(--mantine-color-orange-6)' : undefined} />
      <Text size="sm"><Text span inherit fw={loud ? 600 : undefined}>{is}</Text> {then}</Text>
    </Group>
  );
}

/** Only what somebody has to do something about, in few words. */
export function KeptInShort({ of }: { of: Counts }) {
  const parts = [
    of.withheld > 0 ? words.short.withheld(of.withheld) : '',
    of.throttledMillis > 0 ? words.short.throttled(duration(of.throttledMillis, 'short')) : '',
  ].filter(Boolean);
  return parts.length > 0 ? <Text size="xs" lh={1.3}>{parts.join(', ')}</Text> : null;
}
