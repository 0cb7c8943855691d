import { Button, Card, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { changePassword } from '~/api/moves';
import { statusOf } from '~/api/problem';
import { replaceSession, sessionQuery, signIn } from '~/api/session';
import { ProblemAlert } from '~/components/ProblemAlert';
import { profile } from '~/strings/profile';

const words = profile.password;
const LENGTH_MIN = 15;

/** A refusal that is no end of the session, though it answers with the same status. */
class WrongPassword extends Error {}

export function PasswordForm({ user }: { user: string }) {
  const queries = useQueryClient();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const { length } = next;
  const change = useMutation({
    // Every session ends with it; this one begins anew, so that nobody is thrown out.
    mutationFn: () => replaceSession(async () => {
      try {
        await changePassword(user, current, next);
      } catch (error) {
        if (statusOf(error) === 401) throw new WrongPassword(words.wrong);
        throw error;
      }
      await signIn(user, next);
      await queries.query({ ...sessionQuery, staleTime: 0 });
      // What was asked for in between was refused.
      await queries.invalidateQueries({ predicate: (query) => query.state.status === 'error' || query.state.fetchStatus === 'fetching' });
    }),
    onSuccess: () => {
      setCurrent('');
      setNext('');
      notifications.show({ message: words.done });
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    change.mutate();
  };
  const wrong = change.error instanceof WrongPassword;
  return (
    <Card withBorder component="section" aria-label={words.title}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Title order={2}>{words.title}</Title>
          <Text size="sm" c="dimmed">{words.lead}</Text>
          <input type="text" name="username" autoComplete="username" value={user} readOnly hidden />
          <PasswordInput label={words.current} autoComplete="current-password" value={current} required
            onChange={(event) => setCurrent(event.currentTarget.value)} error={wrong ? words.wrong : undefined} />
          <PasswordInput label={words.next} description={words.nextHint} autoComplete="new-password" value={next} required minLength={LENGTH_MIN}
            onChange={(event) => setNext(event.currentTarget.value)}
            error={length > 0 && length < LENGTH_MIN ? words.tooShort(LENGTH_MIN - length) : undefined} />
          {change.error && !wrong ? <ProblemAlert error={change.error} /> : null}
          <div>
            <Button type="submit" loading={change.isPending} disabled={!current || length < LENGTH_MIN}>{words.submit}</Button>
          </div>
        </Stack>
      </form>
    </Card>
  );
}
