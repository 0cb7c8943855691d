// What somebody typed, kept in this tab until it is saved: a reload loses nothing.
import { useState } from 'react';
import { holdsSecret } from './text';

export interface Draft {
  text: string;
  /** The state of the resource that the text began with; `null`: it is new. */
  etag: string | null;
}

function kept(key: string): Draft | undefined {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null');
    return typeof found === 'object' && found !== null && 'text' in found ? (found as Draft) : undefined;
  } catch {
    return undefined;
  }
}

function keep(key: string, draft: Draft | undefined) {
  try {
    // A secret is never stored in the browser.
    if (!draft || holdsSecret(draft.text)) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // A browser that stores nothing still edits.
  }
}

/** `key` tells whose draft of what it is. */
export function useDraft(key: string, begin: Draft) {
  const at = `sluicegate.draft.${key}`;
  const [draft, setDraft] = useState<Draft | undefined>(() => kept(at));
  const change = (next: Draft | undefined) => {
    setDraft(next);
    keep(at, next);
  };
  return {
    /** What is in the editor. */
    now: draft ?? begin,
    /** Whether it is not what there is. */
    changed: draft !== undefined && draft.text !== begin.text,
    /** Whether the resource is another by now than the one the text began with. */
    behind: draft !== undefined && draft.etag !== begin.etag,
    type: (text: string) => change({ etag: draft?.etag ?? begin.etag, text }),
    /** The text is about what there is now. */
    rebase: () => change(draft && { ...draft, etag: begin.etag }),
    drop: () => change(undefined),
  };
}
