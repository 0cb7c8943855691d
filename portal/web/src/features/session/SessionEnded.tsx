// The session ended while somebody worked: they sign in over the page, which keeps all they typed.
import { Modal, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { statusOf } from '~/api/problem';
import { isReplaced, type Who } from '~/api/session';
import { s } from '~/strings';
import { SignInForm } from './SignInForm';

/** Whoever has not typed for so long has come to the end of a word. */
const PAUSE_MS = 1000;

export function SessionEnded({ who }: { who: Who }) {
  const queries = useQueryClient();
  const [ended, setEnded] = useState(false);
  useEffect(() => {
    let [typedAt, timer] = [-PAUSE_MS, 0];
    const typed = () => void (typedAt = performance.now());
    window.addEventListener('input', typed, true);
    // A dialog takes the focus: the rest of what is just being typed would go into its field.
    const tell = () => {
      clearTimeout(timer);
      const left = typedAt + PAUSE_MS - performance.now();
      if (left <= 0) setEnded(true);
      else timer = window.setTimeout(tell, left);
    };
    const refused = (error: unknown) => {
      if (statusOf(error) === 401 && !isReplaced()) tell();
    };
    const reads = queries.getQueryCache().subscribe((event) => {
      if (event.type === 'updated' && event.action.type === 'error') refused(event.action.error);
    });
    const changes = queries.getMutationCache().subscribe((event) => {
      if (event.type === 'updated' && event.action.type === 'error') refused(event.action.error);
    });
    return () => {
      window.removeEventListener('input', typed, true);
      clearTimeout(timer);
      reads();
      changes();
    };
  }, [queries]);
  const goOn = () => {
    setEnded(false);
    void queries.invalidateQueries({ predicate: (query) => query.state.status === 'error' });
  };
  return (
    <Modal opened={ended} onClose={() => undefined} withCloseButton={false} title={s.session.title} closeOnEscape={false}>
      <Stack>
        <Text>{s.session.ended}</Text>
        <SignInForm user={who.name} returnTo={location.pathname} submit={s.session.continue} onSignedIn={goOn} />
      </Stack>
    </Modal>
  );
}
