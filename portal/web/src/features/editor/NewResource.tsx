import { useMemo } from 'react';
import type { Kind } from '~/api/resources';
import { EditorPage } from './EditorPage';
import { template } from './templates';

export function NewResource({ kind, endpoint }: { kind: Kind; endpoint?: string }) {
  const begin = useMemo(() => ({ text: template(kind, { endpoint }), etag: null }), [kind, endpoint]);
  return <EditorPage kind={kind} begin={begin} slot={endpoint} />;
}
