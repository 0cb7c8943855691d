// Why the events stopped: what became of the access, who decided it, and what to do.
import { Alert, Group, Text } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { resourceQuery } from '~/api/resources';
import { AnchorLink } from '~/components/Links';
import { When } from '~/components/When';
import { live as words } from '~/strings/live';
import { stateOf } from '../data';

const say = words.ended;

export function Ended({ subscription, endpoint }: { subscription: string; endpoint: string }) {
  const { data, error } = useQuery({ ...resourceQuery('Subscription', subscription), retry: false });
  const spec = data?.spec;
  const state = spec ? stateOf(spec) : undefined;
  // It is asked for anew: a moment before, it still was active.
  if (!error && (!spec || !state || state === 'active')) return null;
  const decision = state === 'expired' ? undefined : spec?.decision;
  return (
    <Alert color="orange" role="alert" icon={<IconPlugConnectedX aria-hidden />} styles={{ title: { color: 'var(--mantine-color-text)' } }}
      title={spec && state ? say.title[state](spec.application) : say.gone}>
      {decision ? <Text size="sm">{say.by(decision.by)}<When at={decision.at} />{decision.reason ? `: “${decision.reason}”` : '.'}</Text> : null}
      <Text size="sm">{say.kept}{state === 'suspended' ? ` ${say.resumes}` : ''}</Text>
      <Group gap="md" mt="xs">
        {spec ? <AnchorLink to="/applications/$name" params={{ name: spec.application }} size="sm" underline="always" c="inherit">{say.toApplication(spec.application)}</AnchorLink> : null}
        {state === 'suspended' ? null : <AnchorLink to="/endpoints/$name/subscribe" params={{ name: endpoint }} size="sm" underline="always" c="inherit">{say.again}</AnchorLink>}
      </Group>
    </Alert>
  );
}
