export const TABS = ['users', 'teams', 'domains'] as const;
export type PeopleTab = (typeof TABS)[number];
