// One rule: what it does, to what, and how.
import { ActionIcon, Autocomplete, Card, Group, Select, Text, TextInput } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconTrash } from '@tabler/icons-react';
import type { Rule } from '~/api/resources.gen';
import { s } from '~/strings';
import { RuleParameters } from './RuleParameters';
import { ACTIONS, actionOf, bodyOf, ruleOf, TARGETS, targetOf, turnedInto, type Target } from './rules';

const words = s.policies.rule;

interface Props {
  rule: Rule;
  at: number;
  count: number;
  /** Paths that are proposed, and keys that there are. */
  paths: string[];
  keys: string[];
  disabled: boolean;
  onChange: (rule: Rule) => void;
  onMove: (to: number) => void;
  onRemove: () => void;
}

export function RuleForm({ rule, at, count, paths, keys, disabled, onChange, onMove, onRemove }: Props) {
  const action = actionOf(rule);
  const body = bodyOf(rule);
  const target = targetOf(body);
  const number = at + 1;
  const about = typeof body[target] === 'string' ? body[target] : '';
  const change = (parts: Record<string, unknown>) => onChange(ruleOf(action, { ...body, ...parts }));
  const aim = (to: Target) =>
    change({ path: undefined, header: undefined, key: undefined, [to]: to === 'key' ? true : to === 'path' ? '$.' : '' });
  const targets = TARGETS.filter((one) => action !== 'remove' || one !== 'key');
  return (
    <Card withBorder padding="sm" component="li" aria-label={words.label(number, words.actions[action])}>
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <Text size="sm" fw={700} c="dimmed" w={18} pt={4} aria-hidden>{number}</Text>
        <Group gap="xs" style={{ flex: 1 }}>
          <Select
            aria-label={words.action(number)}
            data={ACTIONS.map((value) => ({ value, label: words.actions[value] }))}
            value={action}
            onChange={(to) => to && onChange(turnedInto(to, body))}
            allowDeselect={false}
            disabled={disabled}
            size="xs"
            w={116}
          />
          <Select
            aria-label={words.target(number)}
            data={targets.map((value) => ({ value, label: words.targets[value] }))}
            value={target}
            onChange={(to) => to && aim(to)}
            allowDeselect={false}
            disabled={disabled}
            size="xs"
            w={86}
          />
          {target === 'path' ? (
            <Autocomplete
              aria-label={words.path(number)}
              data={paths}
              value={about}
              onChange={(path) => change({ path })}
              placeholder="$.customer.email"
              disabled={disabled}
              limit={40}
              styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
              size="xs"
              style={{ flex: '1 1 160px' }}
            />
          ) : null}
          {target === 'header' ? (
            <TextInput
              aria-label={words.header(number)}
              value={about}
              onChange={(event) => change({ header: event.currentTarget.value })}
              disabled={disabled}
              size="xs"
              style={{ flex: '1 1 160px' }}
            />
          ) : null}
        </Group>
        {disabled ? null : (
          <Group gap={2} wrap="nowrap">
            <ActionIcon variant="subtle" color="gray" data-rule={`up ${at}`} disabled={at === 0} onClick={() => onMove(at - 1)} aria-label={words.up(number)}>
              <IconArrowUp size={16} />
            </ActionIcon>
            <ActionIcon variant="subtle" color="gray" data-rule={`down ${at}`} disabled={at === count - 1} onClick={() => onMove(at + 1)} aria-label={words.down(number)}>
              <IconArrowDown size={16} />
            </ActionIcon>
            <ActionIcon variant="subtle" color="gray" data-rule={`remove ${at}`} onClick={onRemove} aria-label={words.remove(number)}>
              <IconTrash size={16} />
            </ActionIcon>
          </Group>
        )}
      </Group>
      <RuleParameters action={action} body={body} number={number} keys={keys} disabled={disabled} onChange={change} />
    </Card>
  );
}
