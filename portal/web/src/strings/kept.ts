const plural = (count: number, one: string, many: string) => (count === 1 ? `One ${one}` : `${count.toLocaleString('en')} ${many}`);

/** What did not reach subscribers, or not as it is. */
export const kept = {
  title: 'Not delivered as it is, in the last 7 days',
  titleDay: 'Not delivered as it is, in the last day',
  withheld: (count: number) => `${plural(count, 'event was', 'events were')} withheld: ${count === 1 ? 'it' : 'they'} could not be redacted safely.`,
  throttled: (time: string) => `Its limits made it wait for ${time} in all.`,
  throttledAll: (time: string) => `Limits made subscribers wait for ${time} in all.`,
  filtered: (count: number) => `${plural(count, 'event was', 'events were')} left out by the conditions of the plan.`,
  redacted: (count: number) => `${plural(count, 'event came', 'events came')} with something removed, masked or replaced.`,
  do: {
    reader: {
      withheld: (owner: string) => `Tell ${owner || 'its owner'}: the events are not as the policy expects them.`,
      throttled: 'Read with fewer programs at once, or ask for a plan with a higher limit.',
      filtered: 'That is as the plan has it. If you need them, choose another plan.',
      redacted: 'That is as the plan has it: Policies says what and how.',
    },
    owner: {
      withheld: () => 'Try the policy on such events in Before and after, and correct it or what is written into the topic.',
      throttled: 'See under Subscribers who waits. Raise the limits of the plan, or offer a larger one.',
      filtered: 'That is as the plans have it.',
      redacted: 'That is as the plans have it.',
    },
  },
  short: {
    withheld: (count: number) => `${count.toLocaleString('en')} withheld`,
    throttled: (time: string) => `waited ${time}`,
  },
};
