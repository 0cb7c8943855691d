// Command-K: finds endpoints by names, fields and guides, and pages by their titles.
import { Spotlight, spotlight } from '@mantine/spotlight';
import { useDebouncedValue } from '@mantine/hooks';
import { IconBook2, IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { searchQuery } from '~/api/search';
import { s } from '~/strings';
import { SECTIONS } from './pages';
import { takeTypedAhead } from './typedAhead';

const FOUND_MAX = 12;
const TYPING_MS = 120;
/** It opens wherever one types. */
const NONE: string[] = [];
const FIELD = '.mantine-Spotlight-search';

export function openSearch() {
  spotlight.open();
}

export function Search() {
  const navigate = useNavigate();
  const [words, setWords] = useState('');
  const opening = useRef<() => void>(undefined);
  const [asked] = useDebouncedValue(words.trim(), TYPING_MS);
  const found = useQuery({
    ...searchQuery({ q: asked, limit: FOUND_MAX }),
    enabled: asked.length > 0,
    placeholderData: keepPreviousData,
  });
  const hits = asked ? (found.data?.items ?? []) : [];
  const pages = SECTIONS.flatMap((section) => section.pages).filter((page) =>
    asked ? page.title.toLowerCase().includes(asked.toLowerCase()) : false,
  );
  return (
    <Spotlight.Root
      query={words}
      onQueryChange={setWords}
      onSpotlightOpen={() => {
        opening.current = takeTypedAhead(FIELD, (character) => setWords((before) => before + character));
      }}
      onSpotlightClose={() => opening.current?.()}
      shortcut="mod + K"
      tagsToIgnore={NONE}
      triggerOnContentEditable
      scrollable
      maxHeight={420}
    >
      <Spotlight.Search placeholder={s.shell.searchHint} aria-label={s.shell.searchHint} leftSection={<IconSearch size={18} aria-hidden />} />
      <Spotlight.ActionsList>
        {hits.map((hit) => (
          <Spotlight.Action
            key={hit.name}
            label={hit.title ?? hit.name}
            description={hit.description}
            leftSection={<IconBook2 size={20} stroke={1.5} aria-hidden />}
            onClick={() => void navigate({ to: '/endpoints/$name', params: { name: hit.name } })}
          />
        ))}
        {pages.map((page) => (
          <Spotlight.Action
            key={page.to}
            label={page.title}
            leftSection={<page.icon size={20} stroke={1.5} aria-hidden />}
            onClick={() => void navigate({ to: page.to })}
          />
        ))}
        {hits.length + pages.length === 0 ? (
          <Spotlight.Empty>{asked ? s.shell.searchEmpty : s.shell.searchStart}</Spotlight.Empty>
        ) : null}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
