import { Autocomplete, Button, Card, Group, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { IconWand } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState, type SubmitEvent } from 'react';
import { propose, type Proposal } from '~/api/clusters';
import { ProblemAlert } from '~/components/ProblemAlert';
import { s } from '~/strings';

const words = s.discover.ask;
const signed = getRouteApi('/_signed');
const FEW = 10;
const MOST = 20;

interface Props {
  cluster: string;
  topic: string;
  /** Whether there is a draft already. */
  again: boolean;
  onProposal: (proposal: Proposal) => void;
}

export function ProposalForm({ cluster, topic, again, onProposal }: Props) {
  const { who } = signed.useRouteContext();
  const [records, setRecords] = useState<string | number>(FEW);
  const [reason, setReason] = useState('');
  const [owner, setOwner] = useState(who.teams[0] ?? '');
  const many = Number(records) || 0;
  const ask = useMutation({
    mutationFn: () => propose(cluster, topic, { records: many, reason: reason.trim(), owner: owner || null }),
    gcTime: 0,
    onSuccess: onProposal,
  });
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    ask.mutate();
  };
  return (
    <Card withBorder padding="md">
      <form onSubmit={onSubmit}>
        <Stack gap="sm">
          <Text size="sm">{words.lead}</Text>
          <Group gap="sm" align="flex-end">
            <NumberInput label={words.records} description={words.recordsHint} min={0} max={MOST} allowDecimal={false} w={230} value={records} onChange={setRecords} />
            <TextInput
              label={words.reason}
              description={words.reasonHint}
              style={{ flex: '1 1 260px' }}
              maxLength={500}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
              required={many > 0}
              disabled={many === 0}
              withAsterisk={false}
            />
            <Autocomplete label={words.owner} description={words.ownerHint} data={who.teams} value={owner} onChange={setOwner} w={200} />
            <Button type="submit" variant={again ? 'default' : 'filled'} loading={ask.isPending} leftSection={<IconWand size={16} aria-hidden />}>
              {again ? words.again : words.action}
            </Button>
          </Group>
          {ask.error ? <ProblemAlert error={ask.error} /> : null}
        </Stack>
      </form>
    </Card>
  );
}
