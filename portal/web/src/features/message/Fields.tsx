// Subject and text of a message.
import { Textarea, TextInput } from '@mantine/core';
import { message as words } from '~/strings/message';
import type { Draft } from './draft';

const SUBJECT_MAX = 120;
const TEXT_MAX = 4000;

export function Fields({ draft, set }: { draft: Draft; set: (part: Partial<Draft>) => void }) {
  return (
    <>
      <TextInput label={words.subject} description={words.subjectHint} required withAsterisk={false} maxLength={SUBJECT_MAX}
        value={draft.subject} onChange={(event) => set({ subject: event.currentTarget.value })} />
      <Textarea label={words.text} description={words.textHint} required withAsterisk={false} maxLength={TEXT_MAX} autosize minRows={4} maxRows={14}
        value={draft.text} onChange={(event) => set({ text: event.currentTarget.value })} />
    </>
  );
}
