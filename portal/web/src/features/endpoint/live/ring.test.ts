import { describe, expect, it } from 'vitest';
import { LiveEvent } from './event';
import { pretty } from './pretty';
import { Ring } from './ring';

const item = (name: string, size = 1) => ({ name, size });
const names = (ring: Ring<ReturnType<typeof item>>) => ring.newest().map((one) => one.name).join('');

describe('Ring', () => {
  it('keeps the newest, in number', () => {
    const ring = new Ring<ReturnType<typeof item>>(3, 100);
    for (const name of 'abcde') ring.push(item(name));
    expect(names(ring)).toBe('edc');
    expect(ring.length).toBe(3);
  });

  it('keeps the newest, in size, and one whatever its size is', () => {
    const ring = new Ring<ReturnType<typeof item>>(10, 10);
    for (const name of 'abc') ring.push(item(name, 4));
    expect(names(ring)).toBe('cb');
    ring.push(item('x', 50));
    expect(names(ring)).toBe('x');
    ring.push(item('y', 1));
    expect(names(ring)).toBe('y');
  });

  it('is empty once cleared', () => {
    const ring = new Ring<ReturnType<typeof item>>(2, 10);
    ring.push(item('a', 9));
    ring.clear();
    ring.push(item('b', 9));
    expect(names(ring)).toBe('b');
  });

  it('stays right over many turns', () => {
    const ring = new Ring<{ size: number; at: number }>(7, 40);
    for (let at = 0; at < 1000; at++) {
      ring.push({ at, size: (at * 7) % 13 });
      const kept = ring.newest();
      expect(kept.length).toBe(ring.length);
      expect(kept.map((one) => one.at)).toEqual(kept.map((_, back) => at - back));
      expect(kept.length === 1 || kept.reduce((sum, one) => sum + one.size, 0) <= 40).toBe(true);
    }
  });
});

describe('LiveEvent', () => {
  const text = '{"partition":3,"offset":17,"timestamp":null,"key":"a \\"value\\": b","headers":[["h,\\"value\\":","x"]],"value":{"n": 12345678901234567890.10 }}';

  it('reads its place at once, and its value as it was written', () => {
    const event = new LiveEvent(0, text);
    expect([event.partition, event.offset]).toEqual([3, 17]);
    expect(event.value).toBe('{"n": 12345678901234567890.10 }');
    expect(event.line).toBe('{"n": 12345678901234567890.10 }');
  });

  it('is looked through in key, headers and value only', () => {
    const event = new LiveEvent(0, text);
    expect(event.has('1234567890')).toBe(true);
    expect(event.has('partition')).toBe(false);
  });
});

describe('pretty', () => {
  it('is as JSON.stringify would write it', () => {
    const value = { a: [], b: {}, c: [1, { d: 'x, "y": [z]' }], e: null, 'f g': 'ü\n', h: [[]] };
    expect(pretty(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
  });

  it('keeps numbers as they were written', () => {
    expect(pretty('{"n":12345678901234567890.10}')).toBe('{\n  "n": 12345678901234567890.10\n}');
    expect(pretty(' 1.0 ')).toBe('1.0');
  });
});
