import { Autocomplete, Group, Radio, Select, Stack, Text, TextInput, Title } from '@mantine/core';
import { subscribe as words } from '~/strings/subscribe';
import type { Draft } from './draft';
import type { useChoice } from './useChoice';

/** With more applications than this they are in a list to search in. */
const RADIOS_MAX = 6;
const FRESH = '+';

interface Props {
  choice: ReturnType<typeof useChoice>;
  draft: Draft;
  set: (part: Partial<Draft>) => void;
  /** What is wrong about a new one. */
  errors: string[];
}

export function ApplicationPicker({ choice, draft, set, errors }: Props) {
  const options = choice.applications.map((one) => {
    const { name } = one.metadata;
    const state = choice.standing.get(name);
    const why = state === 'pending' ? words.asked : state ? words.has : undefined;
    return { value: name, label: why ? `${name} (${why})` : name, disabled: why !== undefined, description: one.spec.description };
  });
  const value = choice.fresh ? FRESH : choice.application;
  const pick = (to: string | null) => {
    if (to) set(to === FRESH ? { fresh: true } : { fresh: false, application: to });
  };
  return (
    <section>
      <Title order={2}>{words.application}</Title>
      <Text size="sm" c="dimmed" mb="sm">{words.applicationLead}</Text>
      <Stack gap="sm" maw={640}>
        {options.length > RADIOS_MAX ? (
          <Select aria-label={words.application} searchable allowDeselect={false} value={value} onChange={pick}
            data={[{ value: FRESH, label: words.fresh }, ...options.map(({ value, label, disabled }) => ({ value, label, disabled }))]} />
        ) : options.length > 0 ? (
          <Radio.Group value={value} onChange={pick} aria-label={words.application}>
            <Stack gap={8}>
              {options.map((one) => <Radio key={one.value} {...one} />)}
              <Radio value={FRESH} label={words.fresh} />
            </Stack>
          </Radio.Group>
        ) : null}
        {choice.fresh ? (
          <Group align="flex-start" grow preventGrowOverflow={false}>
            <TextInput label={words.name} description={words.nameHint} required withAsterisk={false} miw={200} maxLength={63}
              value={draft.name ?? choice.application} error={errors.length > 0 ? errors.join(' ') : undefined} spellCheck={false} autoComplete="off"
              onChange={(event) => set({ name: event.currentTarget.value, fresh: true })} />
            {choice.anyTeam ? (
              <Autocomplete label={words.team} description={words.teamHint} required withAsterisk={false} miw={200} data={choice.who.teams}
                value={choice.team} onChange={(team) => set({ team })} />
            ) : (
              <Select label={words.team} description={words.teamHint} allowDeselect={false} miw={200} data={choice.who.teams}
                value={choice.team} onChange={(team) => set({ team: team ?? undefined })} />
            )}
          </Group>
        ) : null}
      </Stack>
    </section>
  );
}
