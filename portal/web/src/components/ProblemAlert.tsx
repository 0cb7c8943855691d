// A refusal in words: what is wrong, where, and what to do.
import { Alert, List } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Offline, Problem } from '~/api/problem';
import { s } from '~/strings';

/** Most single errors that are listed. */
const LISTED_MAX = 20;

export function ProblemAlert({ error, title }: { error: unknown; title?: string }) {
  const problem = error instanceof Problem ? error.body : undefined;
  const errors = problem?.errors?.slice(0, LISTED_MAX) ?? [];
  const words =
    error instanceof Offline ? s.common.offline : (problem?.detail ?? (error as Error).message);
  return (
    <Alert
      color="red"
      role="alert"
      data-problem
      icon={<IconAlertTriangle aria-hidden />}
      title={title ?? problem?.title ?? s.common.wentWrong}
    >
      {errors.length === 0 ? words : null}
      {errors.length > 0 ? (
        <List size="sm">
          {errors.map((one, at) => (
            <List.Item key={at}>
              {[one.kind && `${one.kind}/${one.name ?? ''}`, one.path, one.message]
                .filter(Boolean)
                .join(': ')}
            </List.Item>
          ))}
        </List>
      ) : null}
    </Alert>
  );
}
