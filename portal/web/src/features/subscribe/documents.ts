// What subscribing applies, and the names that it makes for people.
import { document, type Resource } from '~/api/resources';
import type { Credential } from '~/api/resources.gen';

/** As the catalog has it. */
const NAME_MAX = 63;
/** Secrets of an application that may work at once: the old one and the one that replaces it. */
export const KEYS_MAX = 2;

export interface Choice {
  endpoint: string;
  plan: string;
  application: string;
  /** The team of a new application; absent: the application is there already. */
  team?: string;
  justification: string;
}

/** A text as a name of a resource; empty if nothing of it can be one. */
export function asName(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, NAME_MAX);
}

/** The first free one of `name`, `name-2`, `name-3` … */
export function subscriptionName(application: string, endpoint: string, taken: string[]): string {
  const name = `${application}-${endpoint}`;
  for (let number = 1; ; number++) {
    const end = number === 1 ? '' : `-${number}`;
    const next = `${name.slice(0, NAME_MAX - end.length).replace(/-+$/, '')}${end}`;
    if (!taken.includes(next)) return next;
  }
}

/** The first free one of `application-1`, `application-2` … */
export function credentialName(application: string, taken: string[]): string {
  for (let number = 1; ; number++) {
    const end = `-${number}`;
    const next = `${application.slice(0, NAME_MAX - end.length).replace(/-+$/, '')}${end}`;
    if (!taken.includes(next)) return next;
  }
}

/** Whether a credential is a secret that works. */
export function isKey({ revoked, expiresAt, oauth, certificate }: Credential, now = Date.now()): boolean {
  return !revoked && !oauth && !certificate && (!expiresAt || Date.parse(expiresAt) > now);
}

/** All that one submit applies. `credential`: the name of a key to make with it. */
export function documents(choice: Choice, subscription: string, credential?: string): Resource[] {
  const { endpoint, plan, application, team, justification } = choice;
  return [
    ...(team === undefined ? [] : [document('Application', application, { owner: team })]),
    document('Subscription', subscription, {
      application, endpoint, plan, ...(justification ? { justification } : {}),
    }),
    ...(credential ? [document('Credential', credential, { application })] : []),
  ];
}
