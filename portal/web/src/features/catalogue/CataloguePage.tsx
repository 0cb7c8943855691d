import { Alert, Box, Button, Group, SegmentedControl, Skeleton, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconFilter, IconSearch, IconStackPush } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { searchPagesQuery } from '~/api/search';
import { hasRole } from '~/api/session';
import { Empty } from '~/components/Empty';
import { PageHeader } from '~/components/PageHeader';
import { ProblemAlert } from '~/components/ProblemAlert';
import { useTyped } from '~/components/useTyped';
import { s } from '~/strings';
import classes from './CataloguePage.module.css';
import { EndpointCards } from './EndpointCards';
import { EndpointTable } from './EndpointTable';
import { Facets } from './Facets';
import { isFiltered, type Filters } from './filters';
import { SavedViews } from './SavedViews';

const words = s.catalogue;
const route = getRouteApi('/_signed/endpoints/');

export function CataloguePage() {
  const filters = route.useSearch();
  const { who } = route.useRouteContext();
  const navigate = route.useNavigate();
  const { layout, ...question } = filters;
  const found = useInfiniteQuery({ ...searchPagesQuery(question), placeholderData: keepPreviousData });
  const go = (search: Filters) => void navigate({ search, replace: true });
  const { typed, type, show } = useTyped(filters.q ?? '', (q) => go({ ...filters, q: q || undefined }));
  const [open, { toggle }] = useDisclosure(false);
  const first = found.data?.pages[0];
  const hits = found.data?.pages.flatMap((page) => page.items) ?? [];
  const onEnd = () => {
    if (found.hasNextPage && !found.isFetchingNextPage) void found.fetchNextPage();
  };
  const clear = (next: Filters) => {
    if (!next.q) show('');
    go(next);
  };
  return (
    <>
      <PageHeader title={words.title} lead={words.lead} actions={<SavedViews filters={filters} onOpen={clear} />} />
      <Group mb="md" gap="sm">
        <TextInput
          className={classes.words}
          type="search"
          value={typed}
          onChange={(event) => type(event.currentTarget.value)}
          placeholder={words.search}
          aria-label={words.search}
          leftSection={<IconSearch size={16} aria-hidden />}
        />
        <SegmentedControl
          aria-label={words.layout}
          value={layout ?? 'cards'}
          onChange={(to) => go({ ...filters, layout: to === 'table' ? 'table' : undefined })}
          data={[{ value: 'cards', label: words.cards }, { value: 'table', label: words.table }]}
        />
        <Text size="sm" c="dimmed" role="status" ml="auto">{first ? words.found(first.total) : ''}</Text>
      </Group>
      {first && !first.complete ? <Alert mb="md">{words.indexing}</Alert> : null}
      <div className={classes.columns}>
        <div>
          <Button hiddenFrom="sm" variant="default" fullWidth onClick={toggle} aria-expanded={open}
            leftSection={<IconFilter size={16} aria-hidden />}>
            {words.filters}
          </Button>
          <Box visibleFrom={open ? undefined : 'sm'} mt={{ base: 'sm', sm: 0 }}>
            <Facets counts={first?.facets ?? {}} filters={filters} onChange={clear} />
          </Box>
        </div>
        <Box miw={0}>
          {found.error ? <ProblemAlert error={found.error} /> : null}
          {found.isPending ? <Loading /> : null}
          {first?.total === 0 ? <Nothing filtered={isFiltered(filters)} mayDiscover={hasRole(who, 'owner', 'operator')} /> : null}
          {hits.length > 0 && layout === 'table' ? <EndpointTable hits={hits} onEnd={onEnd} /> : null}
          {hits.length > 0 && layout !== 'table' ? (
            <Stack>
              <EndpointCards hits={hits} />
              {found.hasNextPage ? (
                <Button variant="default" onClick={onEnd} loading={found.isFetchingNextPage}>{s.common.more}</Button>
              ) : null}
            </Stack>
          ) : null}
        </Box>
      </div>
    </>
  );
}

function Loading() {
  return (
    <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} aria-hidden>
      {Array.from({ length: 6 }, (_, at) => <Skeleton key={at} height={132} radius="md" />)}
    </SimpleGrid>
  );
}

function Nothing({ filtered, mayDiscover }: { filtered: boolean; mayDiscover: boolean }) {
  if (filtered) return <Empty title={words.nothing.title} text={words.nothing.text} />;
  return (
    <Empty icon={<IconStackPush size={40} stroke={1.2} aria-hidden />} title={words.empty.title} text={words.empty.text}>
      {mayDiscover ? <Button component={Link} to="/discover">{words.empty.action}</Button> : null}
    </Empty>
  );
}
