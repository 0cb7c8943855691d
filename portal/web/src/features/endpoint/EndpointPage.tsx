// The frame of an endpoint's pages: what it is called, where it stands, whether one has it.
import { Alert, Badge, Box, Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle, IconPencil } from '@tabler/icons-react';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, Link, Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { resourceQuery } from '~/api/resources';
import type { Endpoint } from '~/api/resources.gen';
import { hasRole } from '~/api/session';
import { ClassificationBadge, LifecycleBadge } from '~/components/Badges';
import { AnchorLink, ButtonLink } from '~/components/Links';
import { PageHeader } from '~/components/PageHeader';
import { endpoint as words } from '~/strings/endpoint';
import { AccessBar } from './AccessBar';
import { plansQuery, useMySubscriptions } from './data';
import classes from './EndpointPage.module.css';
import { GoesAway } from './GoesAway';
import { EndpointMoves } from './moves/EndpointMoves';

const TABS = ['overview', 'schema', 'live', 'connect', 'policies', 'versions', 'docs'] as const;

export function EndpointPage({ name }: { name: string }) {
  const endpoint = useSuspenseQuery(resourceQuery('Endpoint', name)).data;
  const { spec } = endpoint;
  const { who } = getRouteApi('/_signed').useRouteContext();
  const mine = useMySubscriptions(name);
  const title = spec.title ?? name;
  const offered = (spec.lifecycle ?? 'published') === 'published';
  const owns = hasRole(who) || (who.roles.includes('owner') && who.teams.includes(spec.owner ?? ''));
  return (
    <>
      <PageHeader
        title={title}
        badges={<><LifecycleBadge of={spec.lifecycle} /><ClassificationBadge of={spec.classification} /></>}
        lead={<Lead spec={spec} />}
        actions={
          <>
            {owns ? (
              <>
                <Button component={Link} to={`/edit/endpoints/${name}`} variant="default" leftSection={<IconPencil size={16} aria-hidden />}>
                  {words.edit}
                </Button>
                <EndpointMoves endpoint={endpoint} />
              </>
            ) : null}
            {offered && !mine.isPending ? (
              <ButtonLink to="/endpoints/$name/subscribe" params={{ name }} variant={mine.subscriptions.length > 0 ? 'default' : 'filled'}>
                {mine.subscriptions.length > 0 ? words.subscribeAnother : words.subscribe}
              </ButtonLink>
            ) : null}
          </>
        }
      />
      <Standing name={name} spec={spec} />
      <AccessBar endpoint={name} subscriptions={mine.subscriptions} />
      <Box mt="md"><EndpointTabs name={name} title={title} /></Box>
      <Box pt="lg"><Outlet /></Box>
    </>
  );
}

function Lead({ spec }: { spec: Endpoint }) {
  const from = [spec.owner, spec.domain].filter(Boolean).join(' · ');
  return (
    <Group gap="xs">
      <Text ff="monospace" size="sm">{spec.address ?? spec.topic}</Text>
      {from ? <Text size="sm" c="dimmed">{from}</Text> : null}
      {spec.tags?.map((tag) => (
        <Badge key={tag} variant="default" fw={500} className={classes.tag}
          renderRoot={(props) => <Link to="/endpoints" search={{ tag }} {...props} />}>
          {tag}
        </Badge>
      ))}
    </Group>
  );
}

/** What is out of the ordinary, loudly. */
function Standing({ name, spec }: { name: string; spec: Endpoint }) {
  if (spec.lifecycle === 'draft') return <Draft name={name} />;
  if (spec.lifecycle !== 'deprecated' && spec.lifecycle !== 'retired') return null;
  const gone = spec.lifecycle === 'retired';
  return (
    <Alert mb="md" color={gone ? 'red' : 'orange'} classNames={{ title: classes.loud, icon: classes.loud }} icon={<IconAlertTriangle aria-hidden />} title={gone ? words.retired : words.deprecated.title}>
      <GoesAway spec={spec} />
    </Alert>
  );
}

/** What is left to do before a draft can be of use. */
function Draft({ name }: { name: string }) {
  const plans = useQuery(plansQuery(name)).data;
  return (
    <Alert mb="md">
      {words.draft}
      {plans?.items.length === 0 ? (
        <> {words.draftWithoutPlan} <AnchorLink to="/edit/$kinds" params={{ kinds: 'plans' }} search={{ endpoint: name }} inherit underline="always" c="inherit">{words.offerPlan}</AnchorLink></>
      ) : null}
    </Alert>
  );
}

function EndpointTabs({ name, title }: { name: string; title: string }) {
  const path = useLocation({ select: (location) => location.pathname.replace(/\/$/, '') });
  const base = `/endpoints/${name}`;
  const here = path.slice(base.length + 1) || 'overview';
  const nav = useRef<HTMLElement>(null);
  // On a narrow page not all fit.
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [here]);
  return (
    <nav ref={nav} aria-label={words.tabsOf(title)} className={classes.tabs}>
      {TABS.map((tab) => (
        <Link key={tab} to={tab === 'overview' ? base : `${base}/${tab}`} className={classes.tab}
          aria-current={tab === here ? 'page' : undefined} activeOptions={{ exact: true }} resetScroll={false}>
          {words.tabs[tab]}
        </Link>
      ))}
    </nav>
  );
}
