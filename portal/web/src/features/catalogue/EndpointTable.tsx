import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Hit } from '~/api/search';
import { ClassificationBadge, LifecycleBadge } from '~/components/Badges';
import { VirtualTable, type Column } from '~/components/VirtualTable';
import { s } from '~/strings';

const words = s.catalogue.columns;

const COLUMNS: Column<Hit>[] = [
  {
    title: words.endpoint,
    width: 'minmax(220px, 3fr)',
    cell: (hit) => (
      <Anchor component={Link} to={`/endpoints/${hit.name}`} size="sm" fw={600}>
        {hit.title ?? hit.name}
      </Anchor>
    ),
  },
  { title: words.owner, width: 'minmax(100px, 1fr)', cell: (hit) => hit.owner },
  { title: words.domain, width: 'minmax(100px, 1fr)', cell: (hit) => hit.domain },
  { title: words.classification, width: '140px', cell: (hit) => <ClassificationBadge of={hit.classification} /> },
  { title: words.lifecycle, width: '130px', cell: (hit) => <LifecycleBadge of={hit.lifecycle} /> },
];

export function EndpointTable({ hits, onEnd }: { hits: Hit[]; onEnd: () => void }) {
  return <VirtualTable label={s.catalogue.title} columns={COLUMNS} rows={hits} rowKey={(hit) => hit.name} onEnd={onEnd} />;
}
