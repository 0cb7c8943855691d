// Shuts somebody out, or lets them in again.
import { Button, Group, Modal, Skeleton, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { sourceQuery, write } from '~/api/editing';
import { listQuery } from '~/api/resources';
import { ProblemAlert } from '~/components/ProblemAlert';
import { s } from '~/strings';

const words = s.people.disable;

export function DisableUser({ name, onClose }: { name: string; onClose: () => void }) {
  const queries = useQueryClient();
  const source = useQuery(sourceQuery('User', name));
  const tokens = useQuery(listQuery('Token', { filter: `user=${name},revoked!=true`, limit: 1 }));
  const disabled = source.data?.resource.spec.disabled ?? false;
  const change = useMutation({
    mutationFn: async () => {
      if (!source.data) return;
      const { resource, etag } = source.data;
      await write('User', name, { ...resource, spec: { ...resource.spec, disabled: !disabled } }, { etag });
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['resources', 'User'] });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={disabled ? words.enableTitle(name) : words.title(name)} closeButtonProps={{ 'aria-label': s.common.close }}>
      <Stack>
        {source.isPending ? <Skeleton height={60} /> : <Text>{disabled ? words.enableConsequence : words.consequence(tokens.data?.total ?? 0)}</Text>}
        {source.error ? <ProblemAlert error={source.error} /> : null}
        {change.error ? <ProblemAlert error={change.error} /> : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{s.common.cancel}</Button>
          <Button color={disabled ? undefined : 'red.9'} disabled={!source.data} loading={change.isPending} onClick={() => change.mutate()}>
            {disabled ? words.enable : words.action}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
