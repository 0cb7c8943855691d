// An editor of YAML that knows what may be written. It is loaded when it is first needed.
import { Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { SchemaObject } from './schema';

export interface Problem {
  /** From 1; absent: of the whole text. */
  line?: number | null;
  column?: number | null;
  message: string;
}

export interface YamlEditorProps {
  value: string;
  /** What the text is, for those who do not see it. */
  label: string;
  onChange?: (text: string) => void;
  /** What may be written; absent: any YAML. */
  schema?: SchemaObject;
  /** What the server says is wrong. */
  problems?: Problem[];
  readOnly?: boolean;
  /** As of CSS; the text scrolls in it. */
  height?: string;
}

const View = lazy(() => import('./View'));

export function YamlEditor(props: YamlEditorProps) {
  return (
    <Suspense fallback={<Skeleton height={props.height ?? 360} />}>
      <View {...props} />
    </Suspense>
  );
}
