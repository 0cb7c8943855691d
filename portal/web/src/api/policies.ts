// What is done with policies beside writing them: their versions, and trying rules.
import { answered, api } from './client';
import type { components } from './openapi.gen';
import type { Applied, ApplyQuestion } from './resources';
import type { Rule } from './resources.gen';

export type PolicyMove = 'publish' | 'discard' | 'rollback';
export type TriedRecord = components['schemas']['TriedRecordBody'];
export type Preview = components['schemas']['PreviewBody'];
export type Outcome = Preview['records'][number];

export interface MoveQuestion extends ApplyQuestion {
  /** With `rollback`: the version whose rules come back. */
  version?: number;
}

export function movePolicy(name: string, move: PolicyMove, { version, ...query }: MoveQuestion): Promise<Applied> {
  const params = { path: { name, move }, query };
  return answered(api.POST('/api/v1/policies/{name}/{move}', { params, body: { version: version ?? null } }));
}

/** What rules would make of records; nothing is stored. */
export function preview(rules: Rule[], records: TriedRecord[]): Promise<Preview> {
  const body = { rules: rules as never[], records };
  return answered(api.POST('/api/v1/preview', { body }));
}
