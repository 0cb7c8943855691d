import { Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { revokeToken } from '~/api/moves';
import type { Resource } from '~/api/resources';
import { AsCodeHere, curl } from '~/components/AsCode';
import { Dialog } from '~/components/Dialog';
import { tokens as words } from '~/strings/tokens';

interface Props {
  about: Resource<'Token'> | undefined;
  opened: boolean;
  onClose: () => void;
}

export function RevokeToken({ about, opened, onClose }: Props) {
  const queries = useQueryClient();
  const name = about?.metadata.name ?? '';
  const revoke = useMutation({
    mutationFn: () => revokeToken(name),
    onSuccess: async () => {
      notifications.show({ message: words.revoking.done(name) });
      onClose();
      await queries.invalidateQueries({ queryKey: ['resources', 'Token'] });
    },
  });
  return (
    <Dialog opened={opened} onClose={onClose} title={words.revokeOf(name)} submit={words.revoke} danger
      onSubmit={() => revoke.mutate()} pending={revoke.isPending} error={revoke.error}>
      <Text size="sm">{words.revoking.means(name, about?.spec.user ?? '')}</Text>
      <AsCodeHere code={{ curl: curl('POST', `/tokens/${name}/revoke`) }} />
    </Dialog>
  );
}
