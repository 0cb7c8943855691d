// Asks what a text would do, a moment after it was typed.
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useReturn } from '~/api/useReturn';
import { Offline, Problem, statusOf } from '~/api/problem';
import type { Applied } from '~/api/resources';
import type { Problem as Place } from '~/components/YamlEditor';

const TYPING_MS = 500;
/** Refusals of the text itself: asking again changes nothing. */
export const OF_TEXT = [400, 409, 422];
const NOWHERE: Place[] = [];

export interface Checked {
  applied?: Applied;
  error?: unknown;
}

export interface DryRun {
  /** What the latest text would do that was asked about. */
  checked?: Checked;
  /** Whether it is not yet known what the text does. */
  pending: boolean;
  /** What is wrong, with the places in the text. */
  problems: Place[];
  again: () => void;
}

/** The text goes into no cache: it may hold a secret. `basis`: the state that it is held against. */
export function useDryRun(text: string, ask: (text: string) => Promise<Applied>, basis?: string | null): DryRun {
  const [asked] = useDebouncedValue(text, TYPING_MS);
  const [latest, setLatest] = useState<{ text: string; checked: Checked }>();
  const { mutate } = useMutation({ mutationFn: () => ask(asked), gcTime: 0 });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (asked.trim() === '') return;
    mutate(undefined, {
      onSuccess: (applied) => setLatest({ text: asked, checked: { applied } }),
      onError: (error) => setLatest({ text: asked, checked: { error } }),
    });
  }, [asked, turn, basis, mutate]);
  const failed = latest?.checked.error !== undefined && !OF_TEXT.includes(statusOf(latest.checked.error));
  useReturn(failed, failed && latest.checked.error instanceof Offline, () => setTurn((one) => one + 1));
  const error = latest?.text === text ? latest.checked.error : undefined;
  return {
    checked: latest?.checked,
    pending: latest?.text !== text,
    problems: error instanceof Problem ? (error.body.errors ?? NOWHERE) : NOWHERE,
    again: () => setTurn((one) => one + 1),
  };
}
