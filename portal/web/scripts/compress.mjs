// Beside each file of the build, the same compressed: it is done once, not for each visitor.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const folder = new URL('../dist/', import.meta.url).pathname;
for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  const at = join(entry.parentPath, entry.name);
  // The page itself is filled in for each visitor.
  if (!entry.isFile() || !/\.(js|css|svg|json)$/.test(entry.name)) continue;
  const bytes = await readFile(at);
  await writeFile(`${at}.br`, brotliCompressSync(bytes));
  await writeFile(`${at}.gz`, gzipSync(bytes, { level: 9 }));
}
