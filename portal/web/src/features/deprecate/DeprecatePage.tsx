// The way of an endpoint out: how to deprecate it, and then who has moved.
import { Alert, Breadcrumbs, Group, Text } from '@mantine/core';
import { useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { resourceQuery } from '~/api/resources';
import { hasRole } from '~/api/session';
import { LifecycleBadge } from '~/components/Badges';
import { Empty } from '~/components/Empty';
import { AnchorLink, ButtonLink } from '~/components/Links';
import { PageHeader } from '~/components/PageHeader';
import { EndpointMoves } from '~/features/endpoint/moves/EndpointMoves';
import { s } from '~/strings';
import { deprecate as words } from '~/strings/deprecate';
import { Form } from './Form';
import { Progress } from './Progress';

const signed = getRouteApi('/_signed');

export function DeprecatePage({ name }: { name: string }) {
  const endpoint = useSuspenseQuery(resourceQuery('Endpoint', name)).data;
  const { spec } = endpoint;
  const { who } = signed.useRouteContext();
  const [notSent, setNotSent] = useState<Error>();
  const title = spec.title ?? name;
  const owns = hasRole(who) || (who.roles.includes('owner') && who.teams.includes(spec.owner ?? ''));
  const lifecycle = spec.lifecycle ?? 'published';
  const goes = lifecycle === 'deprecated';
  const not = !owns ? words.notYours : goes || lifecycle === 'published' ? undefined : words.notNow;
  return (
    <>
      <Breadcrumbs mb="xs">
        <AnchorLink to="/endpoints" size="sm">{s.catalogue.title}</AnchorLink>
        <AnchorLink to="/endpoints/$name" params={{ name }} size="sm">{title}</AnchorLink>
        <Text size="sm" c="dimmed">{words.crumb}</Text>
      </Breadcrumbs>
      <PageHeader
        title={goes ? words.progress.title(title) : words.title(title)}
        lead={goes ? words.progress.lead : words.lead}
        badges={goes ? <LifecycleBadge of={lifecycle} /> : undefined}
        actions={goes && owns ? <Group gap="xs"><EndpointMoves endpoint={endpoint} /></Group> : undefined}
      />
      {not ? (
        <Empty title={not.title} text={not.text}>
          <ButtonLink to="/endpoints/$name" params={{ name }} variant="default">{not.action}</ButtonLink>
        </Empty>
      ) : goes ? (
        <>
          {notSent ? <Alert color="orange" role="alert" mb="md" styles={{ title: { color: 'var(--mantine-color-text)' } }} title={words.progress.notSent}>{words.progress.notSentText} {notSent.message}</Alert> : null}
          <Progress endpoint={endpoint} />
        </>
      ) : <Form endpoint={endpoint} onNotSent={setNotSent} />}
    </>
  );
}
