// Resources as people edit them: read with the tag of their state, written only over that state.
import { queryOptions } from '@tanstack/react-query';
import { answered, api } from './client';
import { asProblem } from './problem';
import { KINDS, type Applied, type ApplyQuestion, type Kind, type Resource } from './resources';

export interface Source<K extends Kind = Kind> {
  resource: Resource<K>;
  /** The tag of the state that was read; `null`: there is no such resource yet. */
  etag: string | null;
}

/** A resource with the tag of its state. */
export function sourceQuery<K extends Kind>(kind: K, name: string) {
  return queryOptions({
    queryKey: ['resources', kind, name, 'source'],
    queryFn: async (): Promise<Source<K>> => {
      const params = { path: { kinds: KINDS[kind], name } };
      const { data, error, response } = await api.GET('/api/v1/{kinds}/{name}', { params });
      if (!response.ok) throw asProblem(error, response);
      return { resource: data as unknown as Resource<K>, etag: response.headers.get('ETag') };
    },
  });
}

export interface WriteQuestion extends ApplyQuestion {
  /** The state that is written over; `null`: only what is not there yet. Absent: whatever there is. */
  etag?: string | null;
}

/** Writes one resource. `what` is a document: YAML, or one that is sent as JSON. */
export function write(kind: Kind, name: string, what: string | Resource, { etag, ...query }: WriteQuestion = {}): Promise<Applied> {
  const yaml = typeof what === 'string';
  const body = yaml ? what : JSON.stringify(what);
  const condition: Record<string, string> =
    etag === undefined ? {} : etag === null ? { 'If-None-Match': '*' } : { 'If-Match': etag };
  return answered(
    api.PUT('/api/v1/{kinds}/{name}', {
      params: { path: { kinds: KINDS[kind], name }, query },
      body: body as never,
      bodySerializer: (text: unknown) => text as string,
      headers: { ...condition, 'Content-Type': yaml ? 'application/yaml' : 'application/json' },
    }),
  );
}

export function remove(kind: Kind, name: string): Promise<Applied> {
  const params = { path: { kinds: KINDS[kind], name } };
  return answered(api.DELETE('/api/v1/{kinds}/{name}', { params }));
}

/** The JSON Schema of documents of a kind, or of any. */
export function schemaQuery(kind?: Kind) {
  return queryOptions({
    queryKey: ['schemas', kind ?? 'any'],
    queryFn: async () => {
      const asked = kind
        ? api.GET('/api/v1/schemas/{kinds}', { params: { path: { kinds: KINDS[kind] } } })
        : api.GET('/api/v1/schemas');
      return (await answered(asked as Promise<{ data?: unknown; response: Response }>)) as Record<string, unknown>;
    },
    staleTime: Infinity,
  });
}
