import { Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { write } from '~/api/editing';
import { document, type Resource } from '~/api/resources';
import { Dialog } from '~/components/Dialog';
import { applications as words } from '~/strings/applications';

interface Props {
  application: Resource<'Application'>;
  opened: boolean;
  onClose: () => void;
}

export function EditApplication({ application: { metadata, spec }, opened, onClose }: Props) {
  const queries = useQueryClient();
  const [description, setDescription] = useState(spec.description ?? '');
  const save = useMutation({
    mutationFn: () => {
      const next = { ...document('Application', metadata.name, { ...spec, description: description.trim() }), metadata };
      return write('Application', metadata.name, next);
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['resources', 'Application'] });
      notifications.show({ message: words.saved(metadata.name) });
      onClose();
    },
  });
  return (
    <Dialog opened={opened} onClose={onClose} title={words.editTitle(metadata.name)} submit={words.form.save}
      onSubmit={() => save.mutate()} pending={save.isPending} error={save.error}>
      <Textarea label={words.form.description} description={words.form.descriptionHint} value={description}
        onChange={(event) => setDescription(event.currentTarget.value)} autosize minRows={3} maxRows={12} data-autofocus />
    </Dialog>
  );
}
