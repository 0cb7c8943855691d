// The one way to the REST API: typed by its OpenAPI document, in the session's cookie, with the
// session's CSRF token on everything that changes something.
import createClient, { type Middleware } from 'openapi-fetch';
import type { paths } from './openapi.gen';
import { asProblem, Offline } from './problem';

let csrfToken: string | undefined;

/** What changes are sent with from now on; `undefined`: nobody is signed in. */
export function sendCsrfToken(token: string | undefined) {
  csrfToken = token;
}

const session: Middleware = {
  onRequest({ request }) {
    if (csrfToken !== undefined && request.method !== 'GET') {
      request.headers.set('X-CSRF-Token', csrfToken);
    }
    return request;
  },
  onError({ error }) {
    return error instanceof TypeError ? new Offline() : undefined;
  },
};

export const api = createClient<paths>({ baseUrl: '/', credentials: 'same-origin' });
api.use(session);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What was answered; throws the problem if it was refused. */
export async function answered<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (!response.ok) throw asProblem(error, response);
  return data as T;
}
