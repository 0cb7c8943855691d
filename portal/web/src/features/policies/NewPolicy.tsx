import { Button, Group, Modal, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState, type SubmitEvent } from 'react';
import { write } from '~/api/editing';
import { document } from '~/api/resources';
import { hasRole } from '~/api/session';
import { ProblemAlert } from '~/components/ProblemAlert';
import { s } from '~/strings';

const words = s.policies.fresh;
const route = getRouteApi('/_signed');

export function NewPolicy({ onClose }: { onClose: () => void }) {
  const { who } = route.useRouteContext();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const officer = hasRole(who, 'securityOfficer');
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [owner, setOwner] = useState<string | null>(officer ? null : (who.teams[0] ?? null));
  const make = useMutation({
    mutationFn: () => write('Policy', name, document('Policy', name, { description, ...(owner ? { owner } : {}), rules: [] }), { etag: null }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['resources', 'Policy'] });
      await navigate({ to: '/policies/$name', params: { name } });
    },
  });
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={words.title} closeButtonProps={{ 'aria-label': s.common.close }}>
      <form onSubmit={onSubmit}>
        <Stack>
          <TextInput label={words.name} description={words.nameHint} value={name} onChange={(event) => setName(event.currentTarget.value)} pattern="[a-z0-9]([a-z0-9\-]*[a-z0-9])?" maxLength={63} required withAsterisk={false} data-autofocus />
          <Textarea label={words.description} description={words.descriptionHint} value={description} onChange={(event) => setDescription(event.currentTarget.value)} autosize minRows={2} />
          <Select label={words.owner} description={words.ownerHint} data={who.teams} value={owner} onChange={setOwner} clearable={officer} allowDeselect={officer} clearButtonProps={{ 'aria-label': words.noOwner }} />
          {make.error ? <ProblemAlert error={make.error} /> : null}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>{s.common.cancel}</Button>
            <Button type="submit" loading={make.isPending}>{words.action}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
