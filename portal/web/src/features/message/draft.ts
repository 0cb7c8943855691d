// What is being written to the subscribers of an endpoint, kept in this tab until it is sent.
import { useSessionStorage } from '@mantine/hooks';

export interface Draft {
  subject: string;
  text: string;
}

const EMPTY: Draft = { subject: '', text: '' };

/** `who` types it: on a shared machine the next one does not find it. */
export function useMessageDraft(who: string, endpoint: string) {
  const [draft, setDraft, forget] = useSessionStorage<Draft>({
    key: `sluicegate.message.${who}.${endpoint}`,
    defaultValue: EMPTY,
    getInitialValueInEffect: false,
  });
  return { draft, set: (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part })), forget };
}
