// JSON with line ends, its numbers as they were written: reading it would change long ones.

const INDENT = '  ';
/** A text, or anything up to the next mark. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const CLOSES: Partial<Record<string, string>> = { '{': '}', '[': ']' };

export function pretty(json: string): string {
  const tokens = json.match(TOKEN) ?? [];
  let depth = 0;
  let text = '';
  const line = () => `\n${INDENT.repeat(depth)}`;
  tokens.forEach((token, at) => {
    const close = CLOSES[token];
    if (close) {
      const empty = tokens[at + 1] === close;
      if (!empty) depth++;
      text += empty ? token : token + line();
    } else if (token === '}' || token === ']') {
      const empty = CLOSES[tokens[at - 1] ?? ''] === token;
      if (!empty) depth--;
      text += empty ? token : line() + token;
    } else if (token === ',') text += token + line();
    else text += token === ':' ? ': ' : token;
  });
  return text;
}
