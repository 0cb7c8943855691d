// Whether it runs, how much came, how fast, and what is not kept.
import { Group, Text, Tooltip } from '@mantine/core';
import { live as words } from '~/strings/live';
import classes from './Live.module.css';
import { KEPT_MAX, type View } from './tail';

export function StateLine({ view, ended }: { view: View; ended: boolean }) {
  const { state } = view;
  const at = ended ? 'refused' : state.at === 'open' && view.held ? 'held' : state.at;
  const why = at === 'waiting' && state.at === 'waiting' ? state.problem?.message : undefined;
  return (
    <Group gap="md" mih={24}>
      <Group gap={8} wrap="nowrap">
        <span className={classes.dot} data-at={at} aria-hidden />
        <Text size="sm" fw={600}>{words.state[at]}</Text>
      </Group>
      {why ? <Text size="sm">{why}</Text> : null}
      <Text size="sm">{words.received(view.received)}</Text>
      {view.events.length < view.received ? <Text size="sm" c="dimmed">{words.matching(view.events.length)}</Text> : null}
      {state.at === 'open' && !ended ? <Text size="sm" c="dimmed">{words.rate(view.rate)}</Text> : null}
      {view.skipped > 0 ? (
        <Tooltip label={words.skippedHint(KEPT_MAX)} multiline w={260}>
          <Text size="sm" c="dimmed" tabIndex={0}>{words.skipped(view.skipped)}</Text>
        </Tooltip>
      ) : null}
    </Group>
  );
}
