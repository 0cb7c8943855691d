// What a first visit loads, against the budget: 300 KB of scripts and 40 KB of styles, gzipped.
import { readFile, stat } from 'node:fs/promises';

const folder = new URL('../dist/', import.meta.url);
const budgets = { js: 300_000, css: 40_000 };
const page = await readFile(new URL('index.html', folder), 'utf8');
const loaded = [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(js|css))"/g)];
for (const [kind, budget] of Object.entries(budgets)) {
  const files = loaded.filter(([, , of]) => of === kind).map(([, file]) => file);
  let bytes = 0;
  for (const file of files) bytes += (await stat(new URL(`${file}.gz`, folder))).size;
  console.log(`${kind}: ${(bytes / 1000).toFixed(1)} KB gzipped in ${files.length} files, budget ${budget / 1000} KB`);
  if (bytes > budget || files.length === 0) process.exitCode = 1;
}
