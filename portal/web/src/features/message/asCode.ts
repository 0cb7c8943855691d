import type { Message } from '~/api/messages';
import { curl, type Code } from '~/components/AsCode';
import { quoted } from '~/features/endpoint/connect/script';

export function messageAsCode(endpoint: string, { subject, text, plans, subscriptions }: Message): Code {
  const flags = [
    ` --subject ${quoted(subject ?? '')} --text ${quoted(text ?? '')}`,
    ...(plans ?? []).map((plan) => ` --plan ${plan}`),
    ...(subscriptions ?? []).map((one) => ` --subscription ${one}`),
  ];
  const body = JSON.stringify({ subject, text, ...(plans ? { plans } : {}), ...(subscriptions ? { subscriptions } : {}) }, null, 2);
  return { cli: `sluicegate message ${endpoint}${flags.join('')}`, curl: curl('POST', `/endpoints/${endpoint}/messages`, body, 'application/json') };
}
