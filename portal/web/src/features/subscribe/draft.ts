// What was typed, kept in this tab until it is sent: a reload loses nothing. It has no secrets.
import { useSessionStorage } from '@mantine/hooks';

export interface Draft {
  plan?: string;
  /** The chosen application; absent: none is chosen yet. */
  application?: string;
  /** Whether a new one is made. */
  fresh?: boolean;
  name?: string;
  team?: string;
  justification: string;
  agreed: boolean;
}

const EMPTY: Draft = { justification: '', agreed: false };

/** `who` types it: on a shared machine the next one does not find it. */
export function useDraft(who: string, endpoint: string) {
  const [draft, setDraft, forget] = useSessionStorage<Draft>({
    key: `sluicegate.subscribe.${who}.${endpoint}`,
    defaultValue: EMPTY,
    // Read at once: the first paint shows it.
    getInitialValueInEffect: false,
  });
  return { draft, set: (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part })), forget };
}
