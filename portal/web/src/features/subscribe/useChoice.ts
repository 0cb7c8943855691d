// What the form means: the draft with what stands for what was not chosen, and what it would apply.
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { apply, listQuery, type Resource } from '~/api/resources';
import { hasRole } from '~/api/session';
import { approvesItself, stateOf, subscriptionsQuery, useMyApplications } from '~/features/endpoint/data';
import { asName, credentialName, documents, isKey, subscriptionName, type Choice } from './documents';
import type { Draft } from './draft';

/** How long one types before what was typed is checked. */
const TYPING_MS = 350;

/** What an apply would say. It is not kept: the catalog may be another by then. */
function dryRunQuery(all: Resource[]) {
  return queryOptions({ queryKey: ['dry-run', all], queryFn: () => apply(all, { dryRun: true }), gcTime: 0, staleTime: 0, retry: false });
}

export function useChoice(endpoint: string, plans: Resource<'Plan'>[], draft: Draft, wanted?: string) {
  const mine = useMyApplications();
  const { who } = mine;
  const subscriptions = useQuery(subscriptionsQuery(endpoint));
  const credentials = useQuery(listQuery('Credential'));
  /** Applications that have or asked for it already. */
  const standing = new Map(
    (subscriptions.data?.items ?? [])
      .filter(({ spec }) => ['pending', 'active', 'suspended'].includes(stateOf(spec)))
      .map(({ spec }) => [spec.application, stateOf(spec)]),
  );
  const free = mine.applications.filter((one) => !standing.has(one.metadata.name));
  const plan = plans.find((one) => one.metadata.name === (draft.plan ?? wanted)) ?? plans[0];
  const fresh = draft.fresh ?? (draft.application === undefined && free.length === 0);
  const chosen = free.find((one) => one.metadata.name === draft.application) ?? free[0];
  const application = fresh ? (draft.name ?? asName(`${who.name}-app`)) : (chosen?.metadata.name ?? '');
  const team = draft.team ?? who.teams[0] ?? '';
  const itself = plan ? approvesItself(plan.spec) : true;
  const keys = (credentials.data?.items ?? []).filter(({ spec }) => spec.application === application);
  const key = fresh ? undefined : keys.find(({ spec }) => isKey(spec))?.metadata.name;
  const newKey = itself && !key ? credentialName(application, keys.map((one) => one.metadata.name)) : undefined;
  const subscription = subscriptionName(application, endpoint, (subscriptions.data?.items ?? []).map((one) => one.metadata.name));
  const choice: Choice = {
    endpoint, application, plan: plan?.metadata.name ?? '', team: fresh ? team : undefined, justification: itself ? '' : draft.justification.trim(),
  };
  const all = documents(choice, subscription, newKey);
  const complete = application !== '' && (!fresh || team !== '') && plan !== undefined;
  const [settled] = useDebouncedValue(all, TYPING_MS);
  const dryRun = useQuery({ ...dryRunQuery(settled), enabled: complete && !mine.isPending, placeholderData: keepPreviousData });
  return {
    ...mine,
    isPending: mine.isPending || subscriptions.isPending || credentials.isPending,
    error: mine.error ?? subscriptions.error ?? credentials.error,
    /** Administrators make applications for any team. */
    anyTeam: hasRole(who),
    standing, plan, fresh, application, team, itself, key, newKey, subscription, all, complete, dryRun,
  };
}
