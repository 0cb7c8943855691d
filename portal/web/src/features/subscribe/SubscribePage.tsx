// Subscribing: one form, then what came of it.
import { Breadcrumbs, Skeleton, Text } from '@mantine/core';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { resourceQuery } from '~/api/resources';
import { Empty } from '~/components/Empty';
import { AnchorLink, ButtonLink } from '~/components/Links';
import { PageHeader } from '~/components/PageHeader';
import { ProblemAlert } from '~/components/ProblemAlert';
import { plansQuery } from '~/features/endpoint/data';
import { s } from '~/strings';
import { subscribe as words } from '~/strings/subscribe';
import { Form } from './Form';
import { Outcome } from './Outcome';

const route = getRouteApi('/_signed/endpoints/$name_/subscribe');

/** A secret that was just made: only this page's memory has it. */
export interface Made {
  credential: string;
  secret: string;
}

export function SubscribePage({ name }: { name: string }) {
  const { spec } = useSuspenseQuery(resourceQuery('Endpoint', name)).data;
  const { plan, subscription } = route.useSearch();
  const navigate = route.useNavigate();
  const plans = useQuery(plansQuery(name));
  const [made, setMade] = useState<Made>();
  const title = spec.title ?? name;
  const back = <AnchorLink to="/endpoints/$name" params={{ name }} size="sm">{title}</AnchorLink>;
  const crumbs = (
    <Breadcrumbs mb="xs">
      <AnchorLink to="/endpoints" size="sm">{s.catalogue.title}</AnchorLink>
      {back}
      <Text size="sm" c="dimmed">{words.submit}</Text>
    </Breadcrumbs>
  );
  if (subscription) {
    return (
      <>
        {crumbs}
        <Outcome endpoint={name} spec={spec} subscription={subscription} made={made} onMade={setMade} />
      </>
    );
  }
  const offered = (spec.lifecycle ?? 'published') === 'published';
  const none = offered ? words.noPlans : words.notOffered;
  return (
    <>
      {crumbs}
      <PageHeader title={words.title(title)} lead={words.lead} />
      {plans.error ? <ProblemAlert error={plans.error} /> : null}
      {plans.isPending ? <Skeleton height={320} radius="md" /> : null}
      {!offered || plans.data?.items.length === 0 ? (
        <Empty title={none.title} text={none.text}>
          <ButtonLink to="/endpoints/$name" params={{ name }} variant="default">{none.action}</ButtonLink>
        </Empty>
      ) : plans.data ? (
        <Form endpoint={name} spec={spec} plans={plans.data.items} wanted={plan}
          onDone={(asked, secret) => {
            setMade(secret);
            void navigate({ search: { subscription: asked } });
          }} />
      ) : null}
    </>
  );
}
