/** Real data from a folder on disk: DIR/log_data and DIR/song_data, as they are laid out in the bucket. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { AirtempoError } from '../../core/errors.js';

/** One object of a data set, under the key it has in the bucket. */
export interface DataFile {
  readonly key: string;
  readonly body: Uint8Array;
}

const PARTS = ['log_data', 'song_data'] as const;

function isDataFile(name: string): boolean {
  return name.endsWith('.json') && !name.startsWith('.');
}

async function* walk(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !entry.name.startsWith('.')) yield* walk(path);
    else if (isDataFile(entry.name)) yield path;
  }
}

async function requireFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new AirtempoError(
    'SOURCE_NOT_FOUND',
    `There is no folder ${path}. Give --data the folder that holds log_data/ and song_data/, or leave it out for generated data.`,
  );
}

/**
 * Reads the files of `folder` one at a time, keyed as in the bucket.
 * @throws AirtempoError SOURCE_NOT_FOUND when log_data/ or song_data/ is missing or holds no .json file
 */
export async function* readDataFolder(folder: string): AsyncGenerator<DataFile> {
  for (const part of PARTS) await requireFolder(join(folder, part));
  for (const part of PARTS) {
    let count = 0;
    for await (const path of walk(join(folder, part))) {
      count += 1;
      yield { key: relative(folder, path).split(sep).join('/'), body: await readFile(path) };
    }
    if (count > 0) continue;
    throw new AirtempoError(
      'SOURCE_NOT_FOUND',
      `${join(folder, part)} holds no .json file. Put the data there.`,
    );
  }
}
