/**
 * A folder of files on this machine. It is written beside its place and moved there as a whole, so a reader never
 * sees half of it. It replaces only what an earlier run has made.
 */
import { readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { AirtempoError } from '../../core/errors.js';
import { writeFileAtomically } from '../../connections/atomic-file.js';
import { explainWriteError, manifestPathOf, openLocalFile } from './local-file.js';
import type { Sink } from './sink.js';

/** @throws AirtempoError INVALID_ARGUMENT when the folder holds what no earlier run has made */
async function refuseForeignFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw explainWriteError(folder, error);
  });
  const isOurs = await stat(manifestPathOf(folder)).catch(() => undefined);
  if (names.length === 0 || isOurs !== undefined) return;
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `The folder ${folder} holds files that were not generated (there is no ${manifestPathOf(folder)}), and they would be lost: give another --out.`,
  );
}

/** Makes the sink; nothing is written yet. */
export async function createFolderSink(out: string): Promise<Sink> {
  const folder = path.resolve(out);
  const [partial, old] = [`${folder}.partial`, `${folder}.old`];
  await refuseForeignFolder(folder);
  await rm(partial, { recursive: true, force: true });
  return {
    layout: 'days',
    open: (name) => openLocalFile(path.join(partial, name), name.endsWith('.gz')),
    finish: async (manifest) => {
      await rm(old, { recursive: true, force: true });
      await rename(folder, old).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw explainWriteError(folder, error);
      });
      await rename(partial, folder).catch((error: unknown) => {
        throw explainWriteError(folder, error);
      });
      await writeFileAtomically(manifestPathOf(folder), manifest);
      await rm(old, { recursive: true, force: true });
    },
    discard: () => rm(partial, { recursive: true, force: true }),
  };
}
