/** Writes the files anew: look at the difference before you commit it. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderGoldenTasks } from './render.js';

const FOLDER = fileURLToPath(new URL('redshift/', import.meta.url));

await rm(FOLDER, { recursive: true, force: true });
for (const { file, text } of await renderGoldenTasks()) {
  await mkdir(path.dirname(path.join(FOLDER, file)), { recursive: true });
  await writeFile(path.join(FOLDER, file), text);
}
