// Where the events come from that rules are tried on.
import { Button, Group, JsonInput, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { readRecords } from '~/api/clusters';
import type { TriedRecord } from '~/api/policies';
import type { Resource } from '~/api/resources';
import { ProblemAlert } from '~/components/ProblemAlert';
import { s } from '~/strings';
import { ofText, ofTopic, RECORDS_MAX } from './records';

const words = s.policies.preview;
const FEW = 5;

export function PasteRecords({ onRecords }: { onRecords: (records: TriedRecord[]) => void }) {
  const [text, setText] = useState('');
  const type = (typed: string) => {
    setText(typed);
    const records = ofText(typed);
    if (records) onRecords(records);
  };
  return (
    <JsonInput
      label={words.pasteLabel}
      description={words.pasteHint}
      placeholder={'{"customer": {"email": "ana@example.com"}}'}
      value={text}
      onChange={type}
      error={ofText(text) ? undefined : words.noJson}
      autosize
      minRows={4}
      maxRows={16}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
    />
  );
}

interface Props {
  endpoints: Resource<'Endpoint'>[];
  onRecords: (records: TriedRecord[]) => void;
}

export function ReadRecords({ endpoints, onRecords }: Props) {
  const [name, setName] = useState<string | null>(null);
  const [reason, setReason] = useState('');
  const [records, setRecords] = useState<string | number>(FEW);
  const endpoint = endpoints.find(({ metadata }) => metadata.name === name) ?? endpoints[0];
  const read = useMutation({
    mutationFn: async () => {
      if (!endpoint) return;
      const { cluster, topic } = endpoint.spec;
      onRecords(ofTopic(await readRecords(cluster, topic, Number(records), reason.trim())));
    },
    gcTime: 0,
  });
  if (!endpoint) return <Text size="sm" c="dimmed">{words.noEndpoint}</Text>;
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    read.mutate();
  };
  return (
    <form onSubmit={onSubmit}>
      <Stack gap="xs">
        <Group gap="sm" align="flex-end">
          <Select
            label={words.endpoint}
            data={endpoints.map(({ metadata }) => metadata.name)}
            value={endpoint.metadata.name}
            onChange={setName}
            allowDeselect={false}
          />
          <NumberInput label={words.count} min={1} max={RECORDS_MAX} w={110} value={records} onChange={setRecords} />
          <TextInput
            label={words.why}
            style={{ flex: '1 1 240px' }}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            maxLength={500}
            required
            withAsterisk={false}
          />
          <Button type="submit" variant="default" loading={read.isPending}>{words.read}</Button>
        </Group>
        <Text size="xs" c="dimmed">{words.audited}</Text>
        {read.error ? <ProblemAlert error={read.error} title={words.notRead} /> : null}
      </Stack>
    </form>
  );
}
