// Makes a user, with a first password, or changes one.
import { Button, Checkbox, Group, Modal, Skeleton, Stack, TagsInput, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { sourceQuery, write, type Source } from '~/api/editing';
import { setPassword } from '~/api/people';
import { document, listQuery } from '~/api/resources';
import type { Role } from '~/api/resources.gen';
import { ProblemAlert } from '~/components/ProblemAlert';
import { s } from '~/strings';
import { FirstPassword } from './FirstPassword';
import { ROLES } from './roles';

const words = s.people.form;

export function UserForm({ name, onClose }: { name?: string; onClose: () => void }) {
  const source = useQuery({ ...sourceQuery('User', name ?? ''), enabled: name !== undefined });
  return (
    <Modal opened onClose={onClose} size="lg" title={name ? words.editTitle(name) : words.newTitle} closeButtonProps={{ 'aria-label': s.common.close }}>
      {source.error ? <ProblemAlert error={source.error} /> : null}
      {name && !source.data ? (source.error ? null : <Skeleton height={320} />) : <Form source={source.data} onClose={onClose} />}
    </Modal>
  );
}

function Form({ source, onClose }: { source: Source<'User'> | undefined; onClose: () => void }) {
  const before = source?.resource;
  const queries = useQueryClient();
  const teams = useQuery(listQuery('Team', { fields: 'title' }));
  const [name, setName] = useState(before?.metadata.name ?? '');
  const [title, setTitle] = useState(before?.spec.title ?? '');
  const [email, setEmail] = useState(before?.spec.email ?? '');
  const [roles, setRoles] = useState<string[]>(before?.spec.roles ?? ['developer']);
  const [inTeams, setInTeams] = useState(before?.spec.teams ?? []);
  const [password, setPasswordText] = useState('');
  // The user is there, and only the password was refused.
  const [made, setMade] = useState(false);
  const save = useMutation({
    mutationFn: async () => {
      const said = { ...before?.spec, title: title || undefined, email: email || undefined, roles: roles as Role[], teams: inTeams };
      if (!made) await write('User', name, { ...(before ?? document('User', name, said)), spec: said }, { etag: source?.etag ?? null });
      if (before) return;
      setMade(true);
      if (password) await setPassword(name, password);
    },
    gcTime: 0,
    onSettled: () => queries.invalidateQueries({ queryKey: ['resources', 'User'] }),
    onSuccess: () => {
      notifications.show({ message: before ? words.saved(name) : words.made(name) });
      onClose();
    },
  });
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={onSubmit} autoComplete="off">
      <Stack>
        {before ? null : (
          <TextInput label={words.name} description={words.nameHint} value={name} onChange={(event) => setName(event.currentTarget.value)} pattern="[a-z0-9]([a-z0-9\-]*[a-z0-9])?" maxLength={63} required withAsterisk={false} readOnly={made} data-autofocus />
        )}
        <Group grow align="flex-start">
          <TextInput label={words.title} value={title} onChange={(event) => setTitle(event.currentTarget.value)} />
          <TextInput label={words.email} type="email" value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
        </Group>
        <Checkbox.Group label={words.roles} value={roles} onChange={setRoles}>
          <Stack gap="xs" mt="xs">
            {ROLES.map((role) => <Checkbox key={role} value={role} label={s.people.users.roles[role]} description={words.meanings[role]} />)}
          </Stack>
        </Checkbox.Group>
        <TagsInput label={words.teams} description={words.teamsHint} data={teams.data?.items.map(({ metadata }) => metadata.name) ?? []} value={inTeams} onChange={setInTeams} />
        {before ? null : <FirstPassword value={password} onChange={setPasswordText} />}
        {save.error ? <ProblemAlert error={save.error} title={made ? words.passwordRefused : undefined} /> : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{s.common.cancel}</Button>
          <Button type="submit" loading={save.isPending}>{before ? words.save : words.make}</Button>
        </Group>
      </Stack>
    </form>
  );
}
