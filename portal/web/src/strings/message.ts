const plural = (count: number, one: string, many: string) => (count === 1 ? `one ${one}` : `${count.toLocaleString('en')} ${many}`);
const WAYS: Record<string, string> = { mail: 'mail', webhook: 'webhook' };

export const message = {
  open: 'Message …',
  remind: 'Write to those who have not moved …',
  title: 'Write to subscribers',
  endpoint: 'Of which endpoint',
  chooseEndpoint: 'Choose an endpoint',
  to: 'To whom',
  whom: { all: 'All of them', plans: 'Those of a plan', subscriptions: 'Some of them' },
  plans: 'Plans',
  subscriptions: 'Applications',
  chooseSome: 'Choose at least one',
  subject: 'Subject',
  subjectHint: 'One line. The endpoint is named beside it.',
  text: 'Text',
  textHint: 'Plain text. It cannot be taken back, and the audit keeps it.',
  send: 'Send',
  told: (subscriptions: number, addresses: number, by: string[]) => {
    const who = `The teams of ${plural(subscriptions, 'subscription', 'subscriptions')} are told`;
    const ways = by.map((way) => (way === 'mail' ? `by mail to ${plural(addresses, 'address', 'addresses')}` : `by ${WAYS[way] ?? way}`));
    return `${who}, ${ways.join(' and ')}.`;
  },
  nowhere: {
    title: 'Nobody would hear of it',
    text: 'This gateway sends neither mail nor webhooks: only the audit would have the message. Ask an operator to set up notifications, or write to the teams yourself.',
  },
  noAddress: 'None of their teams has a mail address.',
  counting: 'Counting who is told …',
  often: {
    title: 'Ten messages an hour, and no more',
    text: 'So many went to the subscribers of this endpoint, whoever wrote them. What you typed stays here: send it later.',
  },
  sent: (subscriptions: number) => `The message goes to the teams of ${plural(subscriptions, 'subscription', 'subscriptions')}.`,
  kept: 'What you type stays in this tab until it is sent.',
};
