import { describe, expect, it } from 'vitest';
import { publicRuleInWords, ruleInWords, rulesInShort } from './rules';

describe('ruleInWords', () => {
  it.each([
    [{ remove: { path: '$.customer.ssn' } }, 'Removes customer.ssn'],
    [{ remove: { header: 'x-user' } }, 'Removes the header x-user'],
    [{ mask: { path: '$.name' } }, 'Masks every character of name with “*”'],
    [{ mask: { path: '$.card', keepFirst: 1, keepLast: 4, with: '•' } }, 'Masks card with “•”, all but the first character and the last 4 characters'],
    [{ truncate: { key: true, length: 1 } }, 'Keeps only the first character of the key'],
    [{ replace: { path: '$', value: { a: 1 } } }, 'Replaces the whole value by {"a":1}'],
    [{ hash: { path: '$.id', hashKey: 'k', length: 12 } }, 'Replaces id by the first 12 characters of a hash under the key k: equal values stay equal, and nobody can go back'],
    [{ keepWhen: { path: '$.region', equals: 'EU' } }, 'Lets only events through in which region is "EU"'],
    [{ keepWhen: { path: '$.s', oneOf: ['a', null] } }, 'Lets only events through in which s is one of "a", null'],
    [{ keepWhen: { path: '$..x', exists: false } }, 'Lets only events through that do not have $..x'],
    [{ keepWhen: { path: '$.t', equalsAttribute: 'tenant' } }, 'Lets only events through in which t is the application’s own attribute “tenant”'],
  ])('says %j', (rule, words) => {
    expect(ruleInWords(rule)).toBe(words);
  });
});

describe('what everybody is told', () => {
  it('says what is done where, not how', () => {
    expect(publicRuleInWords({ action: 'mask', path: '$.a' })).toBe('Masks a');
    expect(publicRuleInWords({ action: 'blur', path: '$.a' })).toBe('blur: a');
  });

  it('counts', () => {
    const rules = [{ action: 'mask', path: '$.a' }, { action: 'remove', path: '$.b' }, { action: 'mask', path: '$.c' }, { action: 'keepWhen', path: '$.d' }];
    expect(rulesInShort(rules).replaceAll('\u00a0', ' ')).toBe('1 removed · 2 masked · some events only');
    expect(rulesInShort([])).toBe('');
  });
});
