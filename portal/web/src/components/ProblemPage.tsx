import { Button, Stack } from '@mantine/core';
import { useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { statusOf } from '~/api/problem';
import { s } from '~/strings';
import { NotFound } from './NotFound';
import { ProblemAlert } from './ProblemAlert';

/** A page that could not be shown. */
export function ProblemPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  if (statusOf(error) === 404) return <NotFound />;
  const again = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Stack py="xl" align="flex-start">
      <ProblemAlert error={error} />
      <Button variant="default" onClick={again}>
        {s.common.tryAgain}
      </Button>
    </Stack>
  );
}
