// A password that one hands over to somebody: typed, or drawn and shown so that it can be copied.
import { Button, CopyButton, Group, TextInput } from '@mantine/core';
import { IconCheck, IconCopy, IconDice5 } from '@tabler/icons-react';
import { randomPassword } from '~/api/people';
import { s } from '~/strings';

const words = s.people.password;

interface Props {
  value: string;
  onChange: (password: string) => void;
  required?: boolean;
}

export function FirstPassword({ value, onChange, required = false }: Props) {
  return (
    <Group align="flex-end" gap="xs">
      <TextInput
        label={words.label}
        description={required ? words.hint : words.optionalHint}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        autoComplete="off"
        spellCheck={false}
        minLength={15}
        required={required}
        withAsterisk={false}
        style={{ flex: '1 1 260px' }}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
      />
      <Button variant="default" leftSection={<IconDice5 size={16} aria-hidden />} onClick={() => onChange(randomPassword())}>{words.draw}</Button>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Button variant="default" disabled={value === ''} leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />} onClick={copy}>
            {copied ? s.common.copied : s.common.copy}
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}
