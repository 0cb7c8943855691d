import { Autocomplete, Button, Group, Modal, Skeleton, Stack, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { sourceQuery, write, type Source } from '~/api/editing';
import { document, listQuery } from '~/api/resources';
import { ProblemAlert } from '~/components/ProblemAlert';
import { s } from '~/strings';

const words = s.people.groups;

export type GroupKind = 'Team' | 'Domain';

interface Props {
  kind: GroupKind;
  name?: string;
  onClose: () => void;
}

export function GroupForm({ kind, name, onClose }: Props) {
  const source = useQuery({ ...sourceQuery(kind, name ?? ''), enabled: name !== undefined });
  return (
    <Modal opened onClose={onClose} title={name ? words.edit[kind](name) : words.make[kind]} closeButtonProps={{ 'aria-label': s.common.close }}>
      {source.error ? <ProblemAlert error={source.error} /> : null}
      {name && !source.data ? (source.error ? null : <Skeleton height={220} />) : <Form kind={kind} source={source.data} onClose={onClose} />}
    </Modal>
  );
}

function Form({ kind, source, onClose }: { kind: GroupKind; source: Source<GroupKind> | undefined; onClose: () => void }) {
  const queries = useQueryClient();
  const before = source?.resource;
  const spec = before?.spec ?? {};
  const teams = useQuery({ ...listQuery('Team', { fields: 'title' }), enabled: kind === 'Domain' });
  const [name, setName] = useState(before?.metadata.name ?? '');
  const [title, setTitle] = useState(spec.title ?? '');
  const [description, setDescription] = useState(spec.description ?? '');
  // A team's address for mail, or the team that a domain is of.
  const [other, setOther] = useState(('email' in spec ? spec.email : 'owner' in spec ? spec.owner : '') ?? '');
  const save = useMutation({
    mutationFn: () => {
      const said = { ...spec, title: title || undefined, description: description || undefined, [kind === 'Team' ? 'email' : 'owner']: other || undefined };
      return write(kind, name, { ...(before ?? document(kind, name, said)), spec: said }, { etag: source?.etag ?? null });
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['resources', kind] });
      onClose();
    },
  });
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={onSubmit}>
      <Stack>
        {before ? null : (
          <TextInput label={words.name} description={words.nameHint} value={name} onChange={(event) => setName(event.currentTarget.value)} pattern="[a-z0-9]([a-z0-9\-]*[a-z0-9])?" maxLength={63} required withAsterisk={false} data-autofocus />
        )}
        <TextInput label={words.title} value={title} onChange={(event) => setTitle(event.currentTarget.value)} />
        <Textarea label={words.description} value={description} onChange={(event) => setDescription(event.currentTarget.value)} autosize minRows={2} />
        {kind === 'Team' ? (
          <TextInput label={words.email} type="email" value={other} onChange={(event) => setOther(event.currentTarget.value)} />
        ) : (
          <Autocomplete label={words.owner} data={teams.data?.items.map(({ metadata }) => metadata.name) ?? []} value={other} onChange={setOther} />
        )}
        {save.error ? <ProblemAlert error={save.error} /> : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{s.common.cancel}</Button>
          <Button type="submit" loading={save.isPending}>{before ? words.save : words.make[kind]}</Button>
        </Group>
      </Stack>
    </form>
  );
}
