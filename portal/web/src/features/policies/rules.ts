// Rules as a form shows them, and as YAML: the text is what counts, the form changes it.
import { isSeq, parseDocument, stringify, YAMLSeq, type Document } from 'yaml';
import type { Rule } from '~/api/resources.gen';

export const ACTIONS = ['remove', 'mask', 'replace', 'hash', 'truncate', 'keepWhen'] as const;
export type Action = (typeof ACTIONS)[number];
export const TARGETS = ['path', 'header', 'key'] as const;
export type Target = (typeof TARGETS)[number];
export type Body = Record<string, unknown>;

/** What need not be said. */
const DEFAULTS: Body = { keepFirst: 0, keepLast: 0, with: '*' };
const LINE_WIDTH = 100;

export function actionOf(rule: Rule): Action {
  return ACTIONS.find((action) => rule[action]) ?? 'mask';
}

export function bodyOf(rule: Rule): Body {
  return { ...(rule[actionOf(rule)] as Body | undefined) };
}

export function targetOf(body: Body): Target {
  return TARGETS.find((target) => body[target] !== undefined && body[target] !== null) ?? 'path';
}

export function ruleOf(action: Action, body: Body): Rule {
  const said = Object.entries(body).filter(([name, value]) => value !== undefined && value !== null && DEFAULTS[name] !== value);
  return { [action]: Object.fromEntries(said) };
}

/** A rule of another action about the same. */
export function turnedInto(action: Action, before: Body): Rule {
  const target = targetOf(before);
  // A key cannot be taken out.
  const about: Body = action === 'remove' && target === 'key' ? { path: '$.' } : { [target]: before[target] };
  const parameters: Record<Action, Body> = {
    remove: {}, mask: {}, replace: { value: 'hidden' }, hash: { hashKey: '' }, truncate: { length: 2 }, keepWhen: { exists: true },
  };
  return ruleOf(action, { ...about, ...parameters[action] });
}

/** `undefined`: the text is no list of rules. */
export function parseRules(text: string): Rule[] | undefined {
  const document = parseDocument(text);
  if (document.errors.length > 0) return undefined;
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (value === null) return [];
  const rule = (one: unknown) => typeof one === 'object' && one !== null && ACTIONS.some((action) => action in one);
  return Array.isArray(value) && value.every(rule) ? (value as Rule[]) : undefined;
}

/** A text of rules, a line each if it is not too long. */
export function rulesText(rules: Rule[]): string {
  if (rules.length === 0) return '';
  const document = parseDocument('');
  const list = new YAMLSeq();
  for (const rule of rules) list.add(node(document, ruleOf(actionOf(rule), bodyOf(rule))));
  document.contents = list as never;
  return print(document);
}

function node(document: Document, rule: Rule) {
  const outer = document.createNode(rule) as ReturnType<Document['createNode']> & { items: { value: { flow?: boolean } | null }[] };
  for (const { value } of outer.items) if (value) value.flow = true;
  return outer;
}

function print(document: Document): string {
  return document.toString({ lineWidth: LINE_WIDTH, flowCollectionPadding: false });
}

/** Changes the list and keeps comments, and how the other rules are written. */
function changed(text: string, change: (list: YAMLSeq, document: Document) => void): string {
  const document = parseDocument(text) as unknown as Document;
  if (!isSeq(document.contents)) document.contents = new YAMLSeq();
  change(document.contents, document);
  return (document.contents).items.length === 0 ? '' : print(document);
}

export function withRule(text: string, at: number, rule: Rule): string {
  return changed(text, (list, document) => void list.items.splice(at, 1, node(document, rule)));
}

export function withNew(text: string, rule: Rule): string {
  return changed(text, (list, document) => list.add(node(document, rule)));
}

export function without(text: string, at: number): string {
  return changed(text, (list) => void list.items.splice(at, 1));
}

export function moved(text: string, at: number, to: number): string {
  return changed(text, (list) => void list.items.splice(to, 0, ...list.items.splice(at, 1)));
}

/** A value as it is typed: text as it is, anything else, and what would be read as that, as JSON. */
export function valueText(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' && typeof readValue(value) === 'string' ? value : JSON.stringify(value);
}

export function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

interface Described {
  description?: string;
  owner?: string | null;
}

export interface PolicyText {
  yaml: string;
  /** How many lines and columns of it come before the rules. */
  lines: number;
  columns: number;
}

const INDENT = '    ';

/** A policy whose rules, or draft, are a text as it is typed: so that errors have its places. */
export function policyText(name: string, spec: Described & { rules?: Rule[] }, as: 'rules' | 'draft', text: string): PolicyText {
  const head = ['apiVersion: sluicegate/v1', 'kind: Policy', `metadata: {name: ${JSON.stringify(name)}}`, 'spec:'];
  if (spec.description) head.push(`  description: ${JSON.stringify(spec.description)}`);
  if (spec.owner) head.push(`  owner: ${JSON.stringify(spec.owner)}`);
  if (as === 'draft') head.push(`  rules: ${JSON.stringify(spec.rules ?? [])}`);
  const blank = (parseRules(text) ?? [null]).length === 0;
  head.push(blank ? `  ${as}: []` : `  ${as}:`);
  const rules = blank ? [] : text.split('\n').map((line) => (line === '' ? '' : INDENT + line));
  return { yaml: [...head, ...rules].join('\n'), lines: head.length, columns: INDENT.length };
}

/** The whole document of a policy, as an example. */
export function documentText(name: string, spec: Described, rules: Rule[]): string {
  const said = { ...(spec.description ? { description: spec.description } : {}), ...(spec.owner ? { owner: spec.owner } : {}) };
  const head = stringify({ apiVersion: 'sluicegate/v1', kind: 'Policy', metadata: { name }, spec: said });
  const begun = Object.keys(said).length > 0 ? head : head.replace(/spec: \{\}\n$/, 'spec:\n');
  const text = rulesText(rules);
  return text === '' ? `${begun}  rules: []\n` : `${begun}  rules:\n${text.replace(/^(?=.)/gm, INDENT)}`;
}
