// The rules as a form. It changes the text, so that both say the same.
import { Alert, Button, Menu, Stack, Text, VisuallyHidden } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { s } from '~/strings';
import { RuleForm } from './RuleForm';
import { ACTIONS, moved, parseRules, turnedInto, withNew, without, withRule } from './rules';

const words = s.policies.studio;

interface Props {
  text: string;
  paths: string[];
  keys: string[];
  disabled: boolean;
  onChange: (text: string) => void;
}

export function RuleList({ text, paths, keys, disabled, onChange }: Props) {
  const rules = parseRules(text);
  const list = useRef<HTMLDivElement>(null);
  const [said, setSaid] = useState('');
  // Whoever moves or removes a rule with the keyboard stays where they work.
  const next = useRef<string[]>([]);
  useEffect(() => {
    const wanted = next.current;
    next.current = [];
    for (const name of wanted) {
      const control = list.current?.querySelector<HTMLButtonElement>(`[data-rule="${name}"]:not(:disabled)`);
      if (control) {
        control.focus();
        return;
      }
    }
  }, [text]);
  const move = (at: number, to: number) => {
    const down = to > at;
    next.current = [`${down ? 'down' : 'up'} ${to}`, `${down ? 'up' : 'down'} ${to}`];
    setSaid(words.moved(at + 1, to + 1));
    onChange(moved(text, at, to));
  };
  const remove = (at: number) => {
    next.current = [`remove ${at}`, `remove ${at - 1}`, 'add'];
    setSaid(words.removed(at + 1));
    onChange(without(text, at));
  };
  if (!rules) return <Alert variant="default" title={words.noForm}>{words.noFormText}</Alert>;
  return (
    <Stack gap="xs" ref={list}>
      <VisuallyHidden role="status">{said}</VisuallyHidden>
      {rules.length === 0 ? <Text c="dimmed" size="sm">{words.noRules}</Text> : null}
      <Stack gap="xs" component="ol" m={0} p={0} style={{ listStyle: 'none' }}>
        {rules.map((rule, at) => (
          <RuleForm
            key={at}
            rule={rule}
            at={at}
            count={rules.length}
            paths={paths}
            keys={keys}
            disabled={disabled}
            onChange={(to) => onChange(withRule(text, at, to))}
            onMove={(to) => move(at, to)}
            onRemove={() => remove(at)}
          />
        ))}
      </Stack>
      {disabled ? null : (
        <Menu position="bottom-start" width={360}>
          <Menu.Target>
            <Button data-rule="add" variant="default" leftSection={<IconPlus size={16} aria-hidden />} style={{ alignSelf: 'flex-start' }}>{words.add}</Button>
          </Menu.Target>
          <Menu.Dropdown>
            {ACTIONS.map((action) => (
              <Menu.Item key={action} onClick={() => onChange(withNew(text, turnedInto(action, { path: '$.' })))}>
                <Text size="sm" fw={600}>{s.policies.rule.actions[action]}</Text>
                <Text size="xs" c="dimmed">{s.policies.rule.meanings[action]}</Text>
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </Stack>
  );
}
