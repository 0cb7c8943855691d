import { List, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { CredentialActivity } from '~/api/activity';
import { revokeCredential } from '~/api/moves';
import { AsCodeHere, curl } from '~/components/AsCode';
import { Dialog } from '~/components/Dialog';
import { When } from '~/components/When';
import { applications } from '~/strings/applications';
import type { Key } from './keys';

const words = applications.keys;

interface Props {
  about: Key | undefined;
  activity: CredentialActivity | undefined;
  /** Whether no other key works. */
  last: boolean;
  opened: boolean;
  onClose: () => void;
}

export function RevokeKey({ about, activity, last, opened, onClose }: Props) {
  const queries = useQueryClient();
  const name = about?.metadata.name ?? '';
  const revoke = useMutation({
    mutationFn: () => revokeCredential(name),
    onSuccess: async () => {
      notifications.show({ message: words.revoking.done(name) });
      onClose();
      await queries.invalidateQueries({ queryKey: ['resources', 'Credential'] });
    },
  });
  const open = activity?.connections.length ?? 0;
  return (
    <Dialog opened={opened} onClose={onClose} title={words.revokeOf(name)} submit={words.revoke} danger
      onSubmit={() => revoke.mutate()} pending={revoke.isPending} error={revoke.error}>
      <List size="sm" spacing={4}>
        <List.Item>{words.revoking.means(name)}</List.Item>
        {open > 0 ? <List.Item>{words.revoking.connections(open)}</List.Item> : null}
        <List.Item>
          {activity?.lastUsedAt ? <>{words.revoking.used}<When at={activity.lastUsedAt} />.</> : words.revoking.unused}
        </List.Item>
        {last ? <List.Item><Text span inherit fw={600}>{words.revoking.last}</Text></List.Item> : null}
      </List>
      <AsCodeHere code={{ cli: `sluicegate revoke ${name} --credential`, curl: curl('POST', `/credentials/${name}/revoke`) }} />
    </Dialog>
  );
}
