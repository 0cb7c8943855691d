// A dialog that does one thing: what it means, and two buttons.
import { Button, Group, Modal, Stack, type ModalProps } from '@mantine/core';
import type { ReactNode, SubmitEvent } from 'react';
import { s } from '~/strings';
import { ProblemAlert } from './ProblemAlert';

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** What the button says that does it. */
  submit: string;
  onSubmit: () => void;
  pending: boolean;
  error?: unknown;
  /** Whether something ends that does not come back by itself. */
  danger?: boolean;
  disabled?: boolean;
  size?: ModalProps['size'];
}

export function Dialog({ opened, onClose, title, children, submit, onSubmit, pending, error, danger, disabled, size = 'lg' }: Props) {
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <Modal opened={opened} onClose={onClose} title={title} size={size} closeButtonProps={{ 'aria-label': s.common.close }}>
      <form onSubmit={send}>
        <Stack>
          {children}
          {error ? <ProblemAlert error={error} /> : null}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>{s.common.cancel}</Button>
            <Button type="submit" color={danger ? 'red.9' : undefined} loading={pending} disabled={disabled}>{submit}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
