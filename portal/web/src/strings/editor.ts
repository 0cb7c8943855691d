const list = (all: string[]) => all.map((one) => `“${one}”`).join(', ');

const kinds: Record<string, string> = {
  object: 'members', array: 'a list', string: 'text', integer: 'a whole number', number: 'a number', boolean: 'true or false', null: 'nothing',
};
const kind = (type: string) => kinds[type] ?? type;

export const editor = {
  keys: 'Ctrl-Space completes, F8 goes to the next problem. Tab indents; to leave the editor press Escape, then Tab.',
  server: 'server',
  rename: (to: string) => `Make it “${to}”`,
  check: {
    type: (wanted: string[], is: string) => `Here must be ${wanted.map(kind).join(' or ')}, and there is ${kind(is)}.`,
    unknown: (name: string, meant: string | undefined, known: string[]) =>
      meant
        ? `There is no member “${name}” here; did you mean “${meant}”?`
        : `There is no member “${name}” here. Known are ${list(known)}.`,
    missing: (names: string[]) => (names.length === 1 ? `${list(names)} is missing.` : `These are missing: ${list(names)}.`),
    oneOf: (values: string[]) => `Must be ${values.length === 1 ? '' : 'one of '}${list(values)}.`,
    minimum: (least: number) => `Must be at least ${String(least)}.`,
    maximum: (most: number) => `Must be at most ${String(most)}.`,
    short: (least: number) => `Must have at least ${String(least)} ${least === 1 ? 'character' : 'characters'}.`,
    long: (most: number) => `Must have at most ${String(most)} ${most === 1 ? 'character' : 'characters'}.`,
  },
  diff: { added: 'comes: ', removed: 'goes: ', left: '⋯' },
  breaks: {
    hurts: (count: number) => (count === 1 ? 'One subscription would be hurt' : `${String(count)} subscriptions would be hurt`),
    noticed: 'Subscribers notice, and nothing of theirs breaks',
    plan: 'Plan',
    verdict: (verdict: string) =>
      ({ breaking: 'breaks', unclear: 'may break', compatible: 'goes on working' })[verdict] ?? verdict,
    who: (applications: string[]) => `Applications: ${applications.join(', ')}.`,
    nobody: 'Nobody has a live subscription to it.',
    accept: 'Make the change all the same',
    acceptHint: 'Better: tell them first, or offer a new version beside the old one.',
  },
  consequences: {
    title: 'What would change',
    checking: 'Checking …',
    wrong: 'Not valid',
    nothing: 'Valid, and nothing changes',
    valid: (count: number) => (count === 1 ? 'Valid: one change' : `Valid: ${String(count)} changes`),
    refused: 'The gateway would refuse it',
    same: 'This is what there is: there is nothing to save.',
    action: (action: string) => ({ created: 'New', updated: 'Changed', deleted: 'Deleted' })[action] ?? action,
    preview: (plan: string) =>
      `Everybody who sees the endpoint may look at its live events through the plan ${plan}, as its policies leave them, without a subscription. All who look share its limits.`,
    diff: (what: string) => `What changes in ${what}`,
  },
  page: {
    title: (kind: string, name: string) => `${kind} ${name}`,
    fresh: (kind: string) => `New ${kind.toLowerCase()}`,
    lead: 'As text. It is checked while you type; nothing is changed before you save.',
    editor: (kind: string) => `${kind} as YAML`,
    save: 'Save',
    create: 'Create',
    reset: 'Start over',
    back: 'Back to its page',
    shortcut: 'Ctrl S',
    saved: (what: string) => `${what} is saved.`,
    kept: 'What you type stays in this tab, also when it is reloaded or your session ends.',
    secret: 'It holds a secret, so this tab does not keep it: a reload begins anew.',
    behind: 'Somebody changed it while you were writing',
    behindText: 'Your text began with an older state. Compare, then choose whose goes on.',
    compare: 'Compare theirs with mine',
    keepMine: 'Go on with mine',
    takeTheirs: 'Drop mine, take theirs',
    taken: 'It is not as it was when you began',
    refused: 'It is not saved',
  },
};
