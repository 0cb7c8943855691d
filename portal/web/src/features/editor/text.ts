// Resources as text, and the other way round.
import { parseAllDocuments, stringify } from 'yaml';
import type { Kind, Resource } from '~/api/resources';

/** What the catalog counts and keeps by itself: it says it whatever a document says. */
const KEPT: Partial<Record<Kind, string[]>> = {
  Policy: ['version', 'earlier'],
  Subscription: ['requestedAt', 'requestedBy', 'agreedTerms', 'decision', 'recertifyBy'],
};

export function toYaml(value: unknown): string {
  return stringify(value, { lineWidth: 100 });
}

/** A resource as one edits it. */
export function sourceText(resource: Resource): string {
  const kept = KEPT[resource.kind] ?? [];
  const spec = Object.fromEntries(Object.entries(resource.spec).filter(([name]) => !kept.includes(name)));
  return toYaml({ ...resource, spec });
}

/** The name that a document says; `undefined`: none, or the text is no document. */
export function nameIn(text: string): string | undefined {
  const [document] = parseAllDocuments(text);
  const value: unknown = document && 'getIn' in document ? document.getIn(['metadata', 'name']) : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * Whether a text seems to hold a secret itself (`passwordFrom: {value: …}`): such a text is kept
 * nowhere. Rather one too many than one too few.
 */
export function holdsSecret(text: string): boolean {
  return /From["']?\s*:[\s\S]*?\bvalue\b/.test(text);
}
