// Markdown that people wrote, as a page part: sanitised, without images from elsewhere. Loaded lazily.
import { Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';

const Rendered = lazy(() => import('./MarkdownRendered'));

export function Markdown({ text }: { text: string }) {
  return (
    <Suspense fallback={<Skeleton height={80} />}>
      <Rendered text={text} />
    </Suspense>
  );
}
