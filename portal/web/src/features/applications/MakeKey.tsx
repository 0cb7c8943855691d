// Makes a key, or the one that replaces another; then shows its secret, this once.
import { Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { stringify } from 'yaml';
import { apply, document } from '~/api/resources';
import { AsCodeHere, curl } from '~/components/AsCode';
import { Dialog } from '~/components/Dialog';
import { moment } from '~/format';
import { credentialName, isKey, KEYS_MAX } from '~/features/subscribe/documents';
import type { OfSubscription } from '~/features/subscribers/moves';
import { applications } from '~/strings/applications';
import { KeyMade } from './KeyMade';
import type { Key } from './keys';

const words = applications.keys;
const HOUR_MS = 3_600_000;
const OVERLAP = '24';

export interface Making {
  /** The key that the new one replaces. */
  replaces?: Key;
}

export interface MadeKey {
  name: string;
  secret: string;
  /** The key that it replaces, and until when that works. */
  old?: { name: string; until: string };
}

interface Props {
  about: Making | undefined;
  opened: boolean;
  onClose: () => void;
  application: string;
  keys: Key[];
  subscriptions: OfSubscription[];
}

/** When the old key ends: not later than it would have anyway. */
function ending(hours: string, { spec }: Key, now = Date.now()): string {
  const wanted = now + Number(hours) * HOUR_MS;
  const before = spec.expiresAt ? Date.parse(spec.expiresAt) : Infinity;
  return new Date(Math.min(wanted, before)).toISOString().replace(/\.\d+Z$/, 'Z');
}

function tomorrow(now = Date.now()): string {
  return new Date(now + 24 * HOUR_MS).toISOString().slice(0, 10);
}

export function MakeKey({ about, opened, onClose, application, keys, subscriptions }: Props) {
  const queries = useQueryClient();
  const [made, setMade] = useState<MadeKey>();
  const [day, setDay] = useState('');
  const [hours, setHours] = useState(OVERLAP);
  const replaces = about?.replaces;
  const name = credentialName(application, keys.map((key) => key.metadata.name));
  const until = replaces && ending(hours, replaces);
  const documents = [
    document('Credential', name, { application, ...(day ? { expiresAt: `${day}T00:00:00Z` } : {}) }),
    ...(replaces ? [{ ...replaces, spec: { ...replaces.spec, expiresAt: until } }] : []),
  ];
  const make = useMutation({
    // The secret goes to this dialog alone, and into no cache.
    mutationFn: async () => {
      const { secrets } = await apply(documents);
      const secret = secrets.find((one) => one.credential === name)?.secret;
      if (secret) setMade({ name, secret, old: replaces && until ? { name: replaces.metadata.name, until } : undefined });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['resources', 'Credential'] }),
  });
  const done = () => {
    onClose();
    setMade(undefined);
    setDay('');
    make.reset();
  };
  if (made) {
    // Only its button closes it: a secret is not lost by a slip.
    return (
      <Modal opened={opened} onClose={done} title={words.made.title(made.name)} size="lg" withCloseButton={false} closeOnClickOutside={false} closeOnEscape={false}>
        <KeyMade made={made} subscriptions={subscriptions} onDone={done} />
      </Modal>
    );
  }
  const yaml = documents.map((one) => stringify(one)).join('---\n');
  const cli = replaces ? `sluicegate rotate ${replaces.metadata.name} --overlap-hours ${hours}` : `sluicegate apply -f - <<'END'\n${yaml}END`;
  return (
    <Dialog opened={opened} onClose={onClose} title={replaces ? words.rotating.title(replaces.metadata.name) : words.making.title}
      submit={replaces ? words.rotating.submit : words.making.submit} onSubmit={() => make.mutate()} pending={make.isPending} error={make.error}>
      <Text size="sm">{replaces ? words.rotating.lead(replaces.metadata.name, name) : words.making.lead(name)}</Text>
      {!replaces && keys.filter(({ spec }) => isKey(spec)).length === KEYS_MAX - 1 ? <Text size="sm">{words.making.last}</Text> : null}
      {replaces && until ? (
        <Stack gap={6}>
          <Select label={words.rotating.overlap} allowDeselect={false} value={hours} onChange={(value) => setHours(value ?? OVERLAP)}
            data={Object.entries(words.rotating.overlaps).map(([value, label]) => ({ value, label }))} maw={260} data-autofocus />
          <Text size="sm" role="status">{words.rotating.until(replaces.metadata.name, moment(until))}</Text>
        </Stack>
      ) : (
        <TextInput type="date" label={words.making.ends} description={words.making.endsHint} value={day} min={tomorrow()}
          onChange={(event) => setDay(event.currentTarget.value)} maw={260} />
      )}
      <AsCodeHere code={{ yaml, cli, curl: curl('POST', '/apply', yaml) }} />
    </Dialog>
  );
}
