import { useSuspenseQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { sourceQuery } from '~/api/editing';
import type { Kind } from '~/api/resources';
import { EditorPage } from './EditorPage';
import { sourceText } from './text';

export function ExistingResource({ kind, name }: { kind: Kind; name: string }) {
  const { resource, etag } = useSuspenseQuery(sourceQuery(kind, name)).data;
  const begin = useMemo(() => ({ text: sourceText(resource), etag }), [resource, etag]);
  return <EditorPage kind={kind} name={name} begin={begin} />;
}
