// Moves one subscription or many: says what it means, takes a reason, and tells what came of it.
import { Alert, List, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { moveSubscription, type MoveDetails, type SubscriptionMove } from '~/api/moves';
import { AsCodeHere, curl } from '~/components/AsCode';
import { Dialog } from '~/components/Dialog';
import { quoted } from '~/features/endpoint/connect/script';
import { subscribers } from '~/strings/subscribers';
import { stateOf, type OfSubscription } from './moves';

export interface Move {
  move: SubscriptionMove;
  subscriptions: OfSubscription[];
}

interface Props {
  about: Move | undefined;
  opened: boolean;
  onClose: () => void;
  /** Called with what was moved. */
  onDone?: (moved: OfSubscription[]) => void;
}

const words = subscribers.dialog;
const DANGER: SubscriptionMove[] = ['reject', 'suspend', 'revoke'];
/** Whoever loses something is told why. */
const REASON_REQUIRED: SubscriptionMove[] = ['reject', 'suspend'];
const WITHOUT_REASON: SubscriptionMove[] = ['renew'];
const REASON_MAX = 2000;
const LISTED_MAX = 8;
const CODE_MAX = 20;

export function MoveDialog({ about, ...props }: Props) {
  return about ? <Moving key={`${about.move} ${about.subscriptions.map((one) => one.metadata.name).join(' ')}`} about={about} {...props} /> : null;
}

function Moving({ about: { move, subscriptions }, opened, onClose, onDone }: Props & { about: Move }) {
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const [day, setDay] = useState('');
  const [left, setLeft] = useState(subscriptions);
  const [refused, setRefused] = useState<{ name: string; why: string }[]>([]);
  const details: MoveDetails = { reason: reason.trim(), expiresAt: day ? `${day}T23:59:59Z` : null };
  const make = useMutation({
    mutationFn: async () => {
      const problems: typeof refused = [];
      for (const one of left) {
        const { name } = one.metadata;
        await moveSubscription(name, move, details).catch((error: unknown) => {
          if (left.length === 1) throw error;
          problems.push({ name, why: (error as Error).message });
        });
      }
      return problems;
    },
    onSuccess: (problems) => {
      const names = problems.map((problem) => problem.name);
      const done = left.filter((one) => !names.includes(one.metadata.name));
      if (done.length > 0) {
        notifications.show({ message: subscribers.done[move](done.map((one) => one.spec.application)) });
        onDone?.(done);
      }
      setRefused(problems);
      setLeft(left.filter((one) => names.includes(one.metadata.name)));
      if (problems.length === 0) onClose();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['resources', 'Subscription'] }),
  });
  const withdraws = move === 'revoke' && subscriptions.every((one) => stateOf(one) === 'pending');
  const label = withdraws ? subscribers.moves.withdraw : subscribers.moves[move];
  const required = REASON_REQUIRED.includes(move);
  return (
    <Dialog
      opened={opened}
      onClose={onClose}
      title={withdraws ? label : words.title[move](subscriptions.map((one) => one.spec.application))}
      submit={refused.length > 0 ? words.again : label}
      onSubmit={() => make.mutate()}
      pending={make.isPending}
      error={make.error}
      danger={DANGER.includes(move)}
    >
      <Stack gap={4}>
        <Text size="sm" c="dimmed">{words.about}</Text>
        <List size="sm">
          {left.slice(0, LISTED_MAX).map(({ metadata, spec }) => (
            <List.Item key={metadata.name}>{words.line(spec.application, spec.endpoint, spec.plan)}</List.Item>
          ))}
          {left.length > LISTED_MAX ? <List.Item>{words.more(left.length - LISTED_MAX)}</List.Item> : null}
        </List>
      </Stack>
      <Text size="sm">{words.means[withdraws ? 'withdraw' : move]}</Text>
      {WITHOUT_REASON.includes(move) ? null : (
        <Textarea
          label={words.reason}
          description={words.reasonHint}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          required={required}
          maxLength={REASON_MAX}
          autosize
          minRows={2}
          maxRows={8}
          data-autofocus
        />
      )}
      {move === 'approve' ? (
        <TextInput type="date" label={words.ends} description={words.endsHint} value={day} min={tomorrow()}
          onChange={(event) => setDay(event.currentTarget.value)} maw={240} />
      ) : null}
      {refused.length > 0 ? (
        <Alert color="red" role="alert" title={words.failed(subscriptions.length - left.length, refused.length)}>
          <List size="sm">
            {refused.map(({ name, why }) => <List.Item key={name}>{name}: {why}</List.Item>)}
          </List>
        </Alert>
      ) : null}
      <AsCodeHere code={code(move, left, details)} />
    </Dialog>
  );
}

/** The first day that an end can be on. */
function tomorrow(): string {
  return new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
}

function code(move: SubscriptionMove, subscriptions: OfSubscription[], { reason, expiresAt }: MoveDetails) {
  const names = subscriptions.slice(0, CODE_MAX).map((one) => one.metadata.name);
  const said = { ...(reason ? { reason } : {}), ...(expiresAt ? { expiresAt } : {}) };
  const body = Object.keys(said).length > 0 ? JSON.stringify(said) : undefined;
  const flags = [reason ? ` --reason ${quoted(reason)}` : '', expiresAt ? ` --expires-at ${expiresAt}` : ''].join('');
  return {
    curl: names.map((name) => curl('POST', `/subscriptions/${name}/${move}`, body, 'application/json')).join('\n\n'),
    cli: names.map((name) => `sluicegate ${move} ${name}${flags}`).join('\n'),
  };
}
