// Users beside their documents: passwords are not part of these.
import { answered, api } from './client';

/** Sets another user's password, as an administrator. All their sessions end. */
export async function setPassword(name: string, password: string): Promise<void> {
  await answered(api.PUT('/api/v1/users/{name}/password', { params: { path: { name } }, body: { current: null, password } }));
}

const LETTERS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const LENGTH = 20;

/** A password that nobody guesses, without letters that look alike. */
export function randomPassword(): string {
  const drawn = crypto.getRandomValues(new Uint32Array(LENGTH));
  return Array.from(drawn, (one) => LETTERS[one % LETTERS.length]).join('').replace(/(.{5})(?=.)/g, '$1-');
}
