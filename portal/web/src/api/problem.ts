// What the API says when it refuses (RFC 9457), and what is said when it cannot be reached.
import type { components } from './openapi.gen';

export type ProblemBody = components['schemas']['ProblemBody'];

/** A refusal with its reason. */
export class Problem extends Error {
  constructor(readonly body: ProblemBody) {
    super(body.detail);
    this.name = 'Problem';
  }
}

/** The gateway cannot be reached. */
export class Offline extends Error {
  constructor() {
    super('The gateway cannot be reached.');
    this.name = 'Offline';
  }
}

export function asProblem(error: unknown, response: Response): Problem {
  if (typeof error === 'object' && error !== null && 'code' in error && 'detail' in error) {
    return new Problem(error as ProblemBody);
  }
  const { status } = response;
  const detail = `The gateway answered ${String(status)}.`;
  return new Problem({ type: 'about:blank', title: detail, status, code: 'unknown', detail });
}

/** The status of a refusal; 0 for anything else. */
export function statusOf(error: unknown): number {
  return error instanceof Problem ? error.body.status : 0;
}
