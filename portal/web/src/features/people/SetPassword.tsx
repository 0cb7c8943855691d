import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { setPassword } from '~/api/people';
import { ProblemAlert } from '~/components/ProblemAlert';
import { s } from '~/strings';
import { FirstPassword } from './FirstPassword';

const words = s.people.password;

export function SetPassword({ name, onClose }: { name: string; onClose: () => void }) {
  const [password, setText] = useState('');
  const set = useMutation({
    mutationFn: () => setPassword(name, password),
    gcTime: 0,
    onSuccess: () => {
      notifications.show({ message: words.done(name) });
      onClose();
    },
  });
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    set.mutate();
  };
  return (
    <Modal opened onClose={onClose} size="lg" title={words.title(name)} closeButtonProps={{ 'aria-label': s.common.close }}>
      <form onSubmit={onSubmit} autoComplete="off">
        <Stack>
          <Text>{words.consequence(name)}</Text>
          <FirstPassword value={password} onChange={setText} required />
          {set.error ? <ProblemAlert error={set.error} /> : null}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>{s.common.cancel}</Button>
            <Button type="submit" loading={set.isPending}>{words.action}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
