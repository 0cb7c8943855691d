export const home = {
  hello: (name: string) => `Hello, ${name}`,
  lead: 'What is new, what you have, and what needs you.',
  newest: 'Endpoints in the catalogue',
  all: 'Browse all',
  mine: 'My subscriptions',
  noneMine: {
    title: 'You have no subscription yet',
    text: 'Find an endpoint, subscribe an application to it, and see its events within a minute.',
    action: 'Find an endpoint',
  },
  needsMe: 'Needs me',
  nothing: 'Nothing waits for you.',
  waiting: (count: number) =>
    count === 1 ? 'One request waits for a decision' : `${String(count)} requests wait for a decision`,
};
