// Rules of policies in words.
import type { KeepWhenText, MaskText, Rule } from '~/api/resources.gen';
import { endpoint } from '~/strings/endpoint';
import type { PublicRule } from './data';

const words = endpoint.rule;

interface Place {
  path?: string | null;
  header?: string | null;
  key?: boolean | null;
}

/** What a rule is about. */
export function placeInWords({ path, header, key }: Place): string {
  if (key) return words.key;
  if (header) return words.header(header);
  if (!path || path === '$') return words.wholeValue;
  return path.replace(/^\$\.(?!\.)/, '');
}

const value = (of: unknown) => JSON.stringify(of);

function mask({ keepFirst = 0, keepLast = 0, with: sign = '*', ...place }: MaskText): string {
  const what = placeInWords(place);
  const kept = [keepFirst > 0 ? words.mask.first(keepFirst) : '', keepLast > 0 ? words.mask.last(keepLast) : ''].filter(Boolean);
  const [one, other] = kept;
  if (!one) return words.mask.whole(what, sign);
  return words.mask.part(what, sign, other ? words.mask.and(one, other) : one);
}

function keepWhen(rule: KeepWhenText): string {
  const what = placeInWords(rule);
  if (rule.equalsAttribute) return words.keep.attribute(what, rule.equalsAttribute);
  if (rule.oneOf) return words.keep.oneOf(what, rule.oneOf.map(value).join(', '));
  if (typeof rule.exists === 'boolean') return rule.exists ? words.keep.exists(what) : words.keep.missing(what);
  return rule.equals === undefined ? words.keep.any(what) : words.keep.equals(what, value(rule.equals));
}

/** A rule in one sentence. */
export function ruleInWords(rule: Rule): string {
  if (rule.remove) return words.removed(placeInWords(rule.remove));
  if (rule.mask) return mask(rule.mask);
  if (rule.replace) return words.replace(placeInWords(rule.replace), value(rule.replace.value));
  if (rule.truncate) return words.truncate(placeInWords(rule.truncate), rule.truncate.length);
  if (rule.keepWhen) return keepWhen(rule.keepWhen);
  if (rule.hash) {
    const { hashKey, length, ...place } = rule.hash;
    return length ? words.hash.short(placeInWords(place), hashKey, length) : words.hash.full(placeInWords(place), hashKey);
  }
  return '';
}

/** What is told to everybody who sees the plan: what is done where, not how. */
export function publicRuleInWords({ action, ...place }: PublicRule): string {
  const what = placeInWords(place);
  const known: Partial<Record<string, (what: string) => string>> = {
    remove: words.removed, mask: words.masked, hash: words.hashed, truncate: words.truncated, replace: words.replaced, keepWhen: words.filtered,
  };
  return known[action]?.(what) ?? words.unknown(action, what);
}

/** How many fields a plan hides or changes, such as `2 removed · 1 masked`. */
export function rulesInShort(rules: PublicRule[]): string {
  return Object.entries(words.counts)
    .map(([action, inWords]) => ({ inWords, count: rules.filter((rule) => rule.action === action).length }))
    .filter(({ count }) => count > 0)
    .map(({ inWords, count }) => inWords(count).replaceAll(' ', '\u00a0'))
    .join(' · ');
}
