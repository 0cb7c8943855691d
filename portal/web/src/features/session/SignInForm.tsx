import { Button, Divider, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { statusOf } from '~/api/problem';
import { sessionQuery, signIn, waysQuery, type Who } from '~/api/session';
import { ProblemAlert } from '~/components/ProblemAlert';
import { s } from '~/strings';

interface Props {
  /** Where one wanted to go: the identity provider comes back there. */
  returnTo: string;
  /** Who must sign in again; absent: anybody. */
  user?: string;
  submit: string;
  onSignedIn: (who: Who) => void;
}

export function SignInForm({ returnTo, user: wanted, submit, onSignedIn }: Props) {
  const queries = useQueryClient();
  const ways = useQuery(waysQuery);
  const [user, setUser] = useState(wanted ?? '');
  const [password, setPassword] = useState('');
  const enter = useMutation({
    mutationFn: (as: { user: string; password: string }) => signIn(as.user, as.password),
    onSuccess: async () => {
      // With it comes the token that changes are sent with.
      const who = await queries.query({ ...sessionQuery, staleTime: 0 });
      if (who) onSignedIn(who);
    },
  });
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    enter.mutate({ user, password });
  };
  const provider = ways.data?.provider;
  const demo = wanted ? [] : (ways.data?.demo ?? []);
  const to = `/api/v1/session/provider?returnTo=${encodeURIComponent(returnTo)}`;
  return (
    <Stack>
      {provider ? (
        <>
          <Button component="a" href={to} size="md">
            {s.session.by(provider)}
          </Button>
          <Divider label={s.session.or} />
        </>
      ) : null}
      <form onSubmit={onSubmit}>
        <Stack gap="sm">
          <TextInput
            label={s.session.user}
            autoComplete="username"
            value={user}
            onChange={(event) => setUser(event.currentTarget.value)}
            readOnly={wanted !== undefined}
            autoFocus={wanted === undefined}
            required
            withAsterisk={false}
          />
          <PasswordInput
            label={s.session.password}
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            autoFocus={wanted !== undefined}
            data-autofocus={wanted !== undefined || undefined}
            required
            withAsterisk={false}
          />
          {enter.error ? (
            statusOf(enter.error) === 401 ? (
              <Text c="red" size="sm" role="alert">{s.session.wrong}</Text>
            ) : (
              <ProblemAlert error={enter.error} />
            )
          ) : null}
          <Button type="submit" variant={provider ? 'default' : 'filled'} loading={enter.isPending}>
            {submit}
          </Button>
        </Stack>
      </form>
      {demo.length > 0 ? (
        <>
          <Divider label={s.session.demo} />
          <Stack gap="xs">
            {demo.map((one) => (
              <Button key={one.user} variant="light" onClick={() => enter.mutate(one)}>
                {one.title}
              </Button>
            ))}
          </Stack>
        </>
      ) : null}
    </Stack>
  );
}
