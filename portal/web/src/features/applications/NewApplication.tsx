import { Select, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { stringify } from 'yaml';
import { write } from '~/api/editing';
import { document, listQuery } from '~/api/resources';
import { hasRole, type Who } from '~/api/session';
import { AsCodeHere, curl } from '~/components/AsCode';
import { Dialog } from '~/components/Dialog';
import { asName } from '~/features/subscribe/documents';
import { applications } from '~/strings/applications';

const words = applications.form;

interface Props {
  who: Who;
  opened: boolean;
  onClose: () => void;
}

export function NewApplication({ who, opened, onClose }: Props) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  // Administrators make applications for others too.
  const all = useQuery({ ...listQuery('Team', { limit: 1000 }), enabled: hasRole(who) && opened });
  const teams = [...new Set([...who.teams, ...(all.data?.items ?? []).map((one) => one.metadata.name)])];
  const [typed, setTyped] = useState('');
  const [team, setTeam] = useState<string | null>(who.teams[0] ?? null);
  const [description, setDescription] = useState('');
  const name = asName(typed);
  const made = document('Application', name || 'name', { owner: team, ...(description.trim() ? { description: description.trim() } : {}) });
  const make = useMutation({
    mutationFn: () => write('Application', name, made, { etag: null }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['resources', 'Application'] });
      onClose();
      await navigate({ to: '/applications/$name', params: { name } });
    },
  });
  const yaml = stringify(made);
  return (
    <Dialog opened={opened} onClose={onClose} title={applications.make} submit={words.submit} disabled={!name || !team}
      onSubmit={() => make.mutate()} pending={make.isPending} error={make.error}>
      <TextInput label={words.name} description={words.nameHint} value={typed} onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={() => setTyped(name)} required data-autofocus autoComplete="off" />
      <Select label={words.team} description={words.teamHint} data={teams} value={team} onChange={setTeam} searchable required allowDeselect={false} />
      <Textarea label={words.description} description={words.descriptionHint} value={description}
        onChange={(event) => setDescription(event.currentTarget.value)} autosize minRows={2} maxRows={8} />
      <AsCodeHere code={{ yaml, curl: curl('PUT', `/applications/${name || 'name'}`, yaml), cli: `sluicegate apply -f - <<'END'\n${yaml}END` }} />
    </Dialog>
  );
}
