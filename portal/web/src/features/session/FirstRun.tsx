// Nobody is a user yet: whoever holds the administrator's token makes the first administrator.
import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { answered, api } from '~/api/client';
import { document } from '~/api/resources';
import { sessionQuery, signIn } from '~/api/session';
import { ProblemAlert } from '~/components/ProblemAlert';
import { Ticks } from '~/components/Ticks';
import { s } from '~/strings';

interface Admin {
  token: string;
  name: string;
  password: string;
}

async function make({ token, name, password }: Admin): Promise<void> {
  const headers = { Authorization: `Bearer ${token}` };
  const user = document('User', name, { roles: ['admin'] });
  const path = { kinds: 'users' as const, name };
  await answered(api.PUT('/api/v1/{kinds}/{name}', { params: { path }, body: user as never, headers }));
  await answered(api.PUT('/api/v1/users/{name}/password', { params: { path: { name } }, body: { current: null, password }, headers }));
  await signIn(name, password);
}

export function FirstRun({ onMade }: { onMade: () => void }) {
  const queries = useQueryClient();
  const [admin, setAdmin] = useState<Admin>({ token: '', name: 'admin', password: '' });
  const making = useMutation({
    mutationFn: make,
    onSuccess: async () => {
      await queries.query({ ...sessionQuery, staleTime: 0 });
      onMade();
    },
  });
  const set = (part: Partial<Admin>) => setAdmin((before) => ({ ...before, ...part }));
  const words = s.session.firstRun;
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    making.mutate(admin);
  };
  return (
    <form onSubmit={onSubmit}>
      <Stack gap="sm">
        <PasswordInput label={words.token} description={words.tokenHint} value={admin.token} autoComplete="off"
          onChange={(event) => set({ token: event.currentTarget.value })} required withAsterisk={false} />
        <TextInput label={words.name} description={words.nameHint} value={admin.name} autoComplete="username"
          onChange={(event) => set({ name: event.currentTarget.value })} required withAsterisk={false} />
        <PasswordInput label={words.password} description={words.passwordHint} value={admin.password}
          autoComplete="new-password" minLength={15}
          onChange={(event) => set({ password: event.currentTarget.value })} required withAsterisk={false} />
        {making.error ? <ProblemAlert error={making.error} /> : null}
        <Button type="submit" loading={making.isPending}>{words.submit}</Button>
        <Text size="sm" c="dimmed"><Ticks text={words.without} /></Text>
      </Stack>
    </form>
  );
}
