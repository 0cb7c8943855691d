// Publishes, throws away or brings back rules: says first what that means, and for whom.
import { Button, Group, Modal, Skeleton, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { movePolicy, type PolicyMove } from '~/api/policies';
import { ProblemAlert } from '~/components/ProblemAlert';
import { Breaks, mustBeAccepted } from '~/features/editor/Breaks';
import { s } from '~/strings';

const words = s.policies.move;

export interface Move {
  move: PolicyMove;
  version?: number;
}

interface Props extends Move {
  name: string;
  onClose: () => void;
  onDone: () => void;
}

export function MovePolicy({ name, move, version, onClose, onDone }: Props) {
  const queries = useQueryClient();
  const [accepted, setAccepted] = useState(false);
  const [begun] = useState(() => Date.now());
  const trial = useQuery({
    queryKey: ['policyMove', name, move, version, begun],
    queryFn: () => movePolicy(name, move, { version, dryRun: true }),
    staleTime: 0,
    gcTime: 0,
  });
  const breaks = trial.data?.breaks ?? [];
  const needed = mustBeAccepted(breaks);
  const doIt = useMutation({
    mutationFn: () => movePolicy(name, move, { version, acceptBreaking: needed && accepted }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['resources', 'Policy'] });
      notifications.show({ message: words.done[move](name, version) });
      onDone();
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} size="lg" title={words.title[move](name, version)} closeButtonProps={{ 'aria-label': s.common.close }}>
      <Stack>
        <Text>{words.consequence[move](version)}</Text>
        {trial.isPending ? <Skeleton height={80} /> : null}
        {trial.error ? <ProblemAlert error={trial.error} title={words.cannot} /> : null}
        {trial.data && breaks.length === 0 && move !== 'discard' ? <Text size="sm" c="dimmed">{words.nobody}</Text> : null}
        <Breaks breaks={breaks} accepted={accepted} onAccept={setAccepted} />
        {doIt.error ? <ProblemAlert error={doIt.error} /> : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{s.common.cancel}</Button>
          <Button
            color={move === 'discard' ? 'red.9' : undefined}
            disabled={!trial.data || (needed && !accepted)}
            loading={doIt.isPending}
            onClick={() => doIt.mutate()}
          >
            {words.action[move]}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
