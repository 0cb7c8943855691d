// What differs between two texts, line by line.
export interface DiffLine {
  sign: '+' | '-' | ' ';
  text: string;
  /** The number of the line, in the old text and in the new one. */
  before?: number;
  after?: number;
}

/** Lines that tell of the same member belong together, also if its value is another. */
const memberOf = (line: string) => /^\s*"?[\w$-]+"?:/.exec(line)?.[0] ?? line;

/** Beyond this many cells of the table the middle is told as replaced whole. */
const CELLS_MAX = 4_000_000;

export function diffLines(before: string, after: string): DiffLine[] {
  const a = before === '' ? [] : before.trimEnd().split('\n');
  const b = after === '' ? [] : after.trimEnd().split('\n');
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  const gone = () => lines.push({ sign: '-', text: a[i] ?? '', before: (i += 1) });
  const come = () => lines.push({ sign: '+', text: b[j] ?? '', after: (j += 1) });
  const same = () => {
    if (a[i] === b[j]) lines.push({ sign: ' ', text: a[i] ?? '', before: (i += 1), after: (j += 1) });
    else {
      gone();
      come();
    }
  };
  while (i < start) same();
  const rows = a.length - end - start;
  const columns = b.length - end - start;
  if (rows * columns <= CELLS_MAX) {
    const common = longest(a.slice(start, a.length - end).map(memberOf), b.slice(start, b.length - end).map(memberOf));
    while (i < a.length - end && j < b.length - end) {
      if (memberOf(a[i] ?? '') === memberOf(b[j] ?? '')) same();
      else if ((common[i - start + 1]?.[j - start] ?? 0) >= (common[i - start]?.[j - start + 1] ?? 0)) gone();
      else come();
    }
  }
  while (i < a.length - end) gone();
  while (j < b.length - end) come();
  while (i < a.length) same();
  return lines;
}

/** The length of the longest common subsequence of each pair of ends. */
function longest(a: string[], b: string[]): Uint32Array[] {
  const table = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    const row = table[i];
    const next = table[i + 1];
    if (!row || !next) continue;
    for (let j = b.length - 1; j >= 0; j -= 1) {
      row[j] = a[i] === b[j] ? (next[j + 1] ?? 0) + 1 : Math.max(next[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}

/** Only what changed, with some lines around it; `undefined` stands for lines left out. */
export function withContext(lines: DiffLine[], around: number): (DiffLine | undefined)[] {
  const shown = lines.map((_, at) =>
    lines.slice(Math.max(0, at - around), at + around + 1).some(({ sign }) => sign !== ' '),
  );
  return lines.flatMap((line, at) => {
    if (shown[at]) return [line];
    return at === 0 || shown[at - 1] ? [undefined] : [];
  });
}
