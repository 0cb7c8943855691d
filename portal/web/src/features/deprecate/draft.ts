// What was chosen and typed, kept in this tab until it is done: a reload loses nothing.
import { useSessionStorage } from '@mantine/hooks';

export interface Draft {
  /** A day; empty: none. Absent: as it is proposed. */
  sunset?: string;
  /** An endpoint; empty: none. Absent: as it is proposed. */
  successor?: string;
  /** Whether the readers are written to as well. */
  writes?: boolean;
}

const EMPTY: Draft = {};

/** `who` types it: on a shared machine the next one does not find it. */
export function useDraft(who: string, endpoint: string) {
  const [draft, setDraft, forget] = useSessionStorage<Draft>({
    key: `sluicegate.deprecate.${who}.${endpoint}`,
    defaultValue: EMPTY,
    getInitialValueInEffect: false,
  });
  return { draft, set: (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part })), forget };
}
