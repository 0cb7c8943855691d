// The rules as a form. It changes the text, so that both say the same.
import { Alert, Button, Menu, Stack, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
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
  if (!rules) return <Alert variant="default" title={words.noForm}>{words.noFormText}</Alert>;
  return (
    <Stack gap="xs">
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
            onMove={(to) => onChange(moved(text, at, to))}
            onRemove={() => onChange(without(text, at))}
          />
        ))}
      </Stack>
      {disabled ? null : (
        <Menu position="bottom-start" width={360}>
          <Menu.Target>
            <Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} style={{ alignSelf: 'flex-start' }}>{words.add}</Button>
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
