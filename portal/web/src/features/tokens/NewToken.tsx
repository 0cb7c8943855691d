// Makes a token, then shows it, this once.
import { Alert, Button, Checkbox, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { stringify } from 'yaml';
import { write } from '~/api/editing';
import { document } from '~/api/resources';
import type { Scope } from '~/api/resources.gen';
import { hasRole, type Who } from '~/api/session';
import { AsCodeHere, curl } from '~/components/AsCode';
import { CodeBlock } from '~/components/CodeBlock';
import { Dialog } from '~/components/Dialog';
import { day } from '~/format';
import { asName } from '~/features/subscribe/documents';
import { tokens } from '~/strings/tokens';

const words = tokens.form;
const DAY_MS = 86_400_000;
const LASTS = '90';

/** What somebody can do at all: further goes no token. */
function scopesOf(who: Who): Scope[] {
  return [
    'read',
    ...(hasRole(who, 'operator', 'owner', 'securityOfficer', 'developer') ? (['write'] as const) : []),
    ...(hasRole(who, 'owner', 'securityOfficer') ? (['decide'] as const) : []),
    ...(hasRole(who, 'securityOfficer', 'auditor') ? (['audit'] as const) : []),
    ...(hasRole(who) ? (['people'] as const) : []),
    ...(hasRole(who, 'owner') ? (['records'] as const) : []),
  ];
}

function after(days: string, now = Date.now()): string | undefined {
  return days === 'never' ? undefined : new Date(now + Number(days) * DAY_MS).toISOString().replace(/\.\d+Z$/, 'Z');
}

export function NewToken({ who, opened, onClose }: { who: Who; opened: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const [typed, setTyped] = useState(`${who.name}-`);
  const [description, setDescription] = useState('');
  const [scopes, setScopes] = useState<Scope[]>(['read']);
  const [lasts, setLasts] = useState(LASTS);
  const [made, setMade] = useState<{ name: string; secret: string }>();
  const name = asName(typed);
  const token = document('Token', name || 'name', {
    user: who.name, ...(description.trim() ? { description: description.trim() } : {}), scopes, expiresAt: after(lasts),
  });
  const make = useMutation({
    // The token goes to this dialog alone, and into no cache.
    mutationFn: async () => {
      const { secrets } = await write('Token', name, token, { etag: null });
      const [one] = secrets;
      if (one) setMade({ name, secret: one.secret });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['resources', 'Token'] }),
  });
  const done = () => {
    onClose();
    setMade(undefined);
    setTyped(`${who.name}-`);
    setDescription('');
  };
  if (made) {
    // Only its button closes it: a token is not lost by a slip.
    return (
      <Modal opened={opened} onClose={done} title={tokens.made.title(made.name)} size="lg" withCloseButton={false} closeOnClickOutside={false} closeOnEscape={false}>
        <Stack>
          <Alert color="yellow">{tokens.made.once}</Alert>
          <CodeBlock text={made.secret} label={tokens.made.secret} />
          <Text size="sm" fw={600}>{tokens.made.use}</Text>
          <CodeBlock text={`export SLUICEGATE_URL=${location.origin}\nexport SLUICEGATE_TOKEN=${made.secret}\nsluicegate whoami`} label={tokens.made.use} />
          <Group justify="flex-end"><Button onClick={done}>{tokens.made.done}</Button></Group>
        </Stack>
      </Modal>
    );
  }
  const yaml = stringify(token);
  const ends = after(lasts);
  return (
    <Dialog opened={opened} onClose={onClose} title={tokens.make} submit={words.submit} disabled={!name || scopes.length === 0}
      onSubmit={() => make.mutate()} pending={make.isPending} error={make.error}>
      <TextInput label={words.name} description={words.nameHint} value={typed} onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={() => setTyped(name)} required autoComplete="off" data-autofocus />
      <TextInput label={words.description} description={words.descriptionHint} value={description} onChange={(event) => setDescription(event.currentTarget.value)} />
      <Checkbox.Group label={words.scopes} description={words.scopesHint} value={scopes} onChange={(to) => setScopes(to)}
        error={scopes.length === 0 ? words.noScope : undefined}>
        <Stack gap="xs" mt="xs">
          {scopesOf(who).map((scope) => <Checkbox key={scope} value={scope} label={tokens.scopeNames[scope]} description={tokens.scopes[scope]} />)}
        </Stack>
      </Checkbox.Group>
      <Select label={words.ends} description={ends ? day(ends) : words.neverHint} allowDeselect={false} value={lasts} onChange={(to) => setLasts(to ?? LASTS)}
        data={Object.entries(words.lasts).map(([value, label]) => ({ value, label }))} maw={320} />
      <AsCodeHere code={{ yaml, curl: curl('PUT', `/tokens/${name || 'name'}`, yaml), cli: `sluicegate apply -f - <<'END'\n${yaml}END` }} />
    </Dialog>
  );
}
