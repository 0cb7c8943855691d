// What somebody typed, kept in this tab until it is saved: a reload loses nothing.
import { useCallback, useSyncExternalStore } from 'react';
import { holdsSecret } from './text';

export interface Draft {
  text: string;
  /** The state of the resource that the text began with; `null`: it is new. */
  etag: string | null;
}

/** The drafts of what is on the page now. They are no state of a component: one that is being left and the
 *  one that takes its place must never know two. */
const shown = new Map<string, { draft: Draft | undefined; readers: Set<() => void> }>();

function open(at: string) {
  const found = shown.get(at);
  if (found) return found;
  const made = { draft: kept(at), readers: new Set<() => void>() };
  shown.set(at, made);
  return made;
}

function kept(at: string): Draft | undefined {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(at) ?? 'null');
    return typeof found === 'object' && found !== null && 'text' in found ? (found as Draft) : undefined;
  } catch {
    return undefined;
  }
}

function keep(at: string, draft: Draft | undefined) {
  try {
    // A secret is never stored in the browser.
    if (!draft || holdsSecret(draft.text)) sessionStorage.removeItem(at);
    else sessionStorage.setItem(at, JSON.stringify(draft));
  } catch {
    // A browser that stores nothing still edits.
  }
}

/** `key` tells whose draft of what it is. */
export function useDraft(key: string, begin: Draft) {
  const at = `sluicegate.draft.${key}`;
  const subscribe = useCallback((reader: () => void) => {
    const { readers } = open(at);
    readers.add(reader);
    return () => {
      readers.delete(reader);
      // A text with a secret is forgotten with the page that showed it.
      if (readers.size === 0) shown.delete(at);
    };
  }, [at]);
  const draft = useSyncExternalStore(subscribe, () => open(at).draft);
  const change = (next: Draft | undefined) => {
    const one = open(at);
    one.draft = next;
    keep(at, next);
    for (const reader of one.readers) reader();
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
