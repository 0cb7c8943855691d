// What its owners do with an endpoint as a whole: publish, take back, deprecate, retire.
import { Button, Menu } from '@mantine/core';
import { IconChevronDown, IconRocket } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Resource } from '~/api/resources';
import { useDialog } from '~/components/useDialog';
import { endpointMoves as words } from '~/strings/endpointMoves';
import { MoveEndpoint, type Step } from './MoveEndpoint';

type Lifecycle = NonNullable<Resource<'Endpoint'>['spec']['lifecycle']>;

/** The steps from where it stands. */
const STEPS: Record<Lifecycle, Step[]> = {
  draft: ['publish'],
  published: ['withdraw'],
  deprecated: ['reschedule', 'again', 'retire'],
  retired: [],
};

export function EndpointMoves({ endpoint }: { endpoint: Resource<'Endpoint'> }) {
  const dialog = useDialog<Step>();
  const lifecycle = endpoint.spec.lifecycle ?? 'published';
  const steps = STEPS[lifecycle];
  // Going away takes more than a word: a page of its own.
  const page = lifecycle === 'published' ? words.deprecate : lifecycle === 'deprecated' ? words.progress : undefined;
  return (
    <>
      {steps[0] === 'publish' ? (
        <Button leftSection={<IconRocket size={16} aria-hidden />} onClick={() => dialog.open('publish')}>{words.publish}</Button>
      ) : steps.length > 0 ? (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden />}>{words.menu}</Button>
          </Menu.Target>
          <Menu.Dropdown>
            {page ? <Menu.Item component={Link} to={`/endpoints/${endpoint.metadata.name}/deprecate`}>{page}</Menu.Item> : null}
            {steps.map((step) => <Menu.Item key={step} onClick={() => dialog.open(step)}>{words.moves[step]}</Menu.Item>)}
          </Menu.Dropdown>
        </Menu>
      ) : null}
      {dialog.about ? <MoveEndpoint key={dialog.about} step={dialog.about} endpoint={endpoint} opened={dialog.opened} onClose={dialog.close} /> : null}
    </>
  );
}
