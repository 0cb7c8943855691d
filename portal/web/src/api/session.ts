// Who is signed in. The answer of `whoami` is the only source; a 401 means nobody.
import { queryOptions } from '@tanstack/react-query';
import { answered, api, sendCsrfToken } from './client';
import type { components } from './openapi.gen';
import { statusOf } from './problem';
import type { Role } from './resources.gen';

export type Who = components['schemas']['WhoBody'];

/** Whether asking is of use: the page says whether it was asked for with a session's cookie. */
let perhapsSignedIn = document.querySelector('meta[name=session][content=none]') === null;

async function whoami(): Promise<Who | null> {
  if (!perhapsSignedIn) return null;
  try {
    const who = await answered(api.GET('/api/v1/whoami'));
    sendCsrfToken(who.csrfToken ?? undefined);
    return who;
  } catch (error) {
    if (statusOf(error) !== 401) throw error;
    sendCsrfToken(undefined);
    return null;
  }
}

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: whoami,
  staleTime: Infinity,
});

export const waysQuery = queryOptions({
  queryKey: ['session', 'ways'],
  queryFn: () => answered(api.GET('/api/v1/session/ways')),
});

export async function signIn(user: string, password: string): Promise<Who> {
  const who = await answered(api.POST('/api/v1/session', { body: { user, password } }));
  perhapsSignedIn = true;
  return who;
}

export async function signOut(): Promise<void> {
  await answered(api.DELETE('/api/v1/session'));
  sendCsrfToken(undefined);
}

let replacing = false;

/** Whether one session takes the place of another: what is refused meanwhile is no end of it. */
export const isReplaced = () => replacing;

export async function replaceSession(work: () => Promise<void>): Promise<void> {
  replacing = true;
  try {
    await work();
  } finally {
    replacing = false;
  }
}

/** Whether somebody has one of the roles; administrators have all. */
export function hasRole(who: Who, ...roles: Role[]): boolean {
  const all: string[] = ['admin', ...roles];
  return who.kind === 'administrator' || who.roles.some((role) => all.includes(role));
}
