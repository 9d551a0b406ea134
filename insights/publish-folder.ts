/**
 * Puts a folder of files in place as a whole: readers find the former files or the new ones, never a mixture. Only folders that
 * were made here are replaced.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AirtempoError } from '../core/errors.js';

/** A folder with this file is one of ours. */
export const MANIFEST = 'insights.json';

/**
 * Writes the files into `folder`, in the place of what it held.
 * @throws AirtempoError INVALID_ARGUMENT when it holds files that were not made here
 */
export async function publishFolder(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  await checkFolder(folder);
  const name = path.join(path.dirname(folder), `.${path.basename(folder)}-${randomUUID()}`);
  const [fresh, former] = [`${name}.new`, `${name}.old`];
  await mkdir(fresh, { recursive: true });
  try {
    for (const [file, text] of files) {
      await mkdir(path.dirname(path.join(fresh, file)), { recursive: true });
      await writeFile(path.join(fresh, file), text);
    }
    const hadFormer = await moveIfThere(folder, former);
    try {
      await rename(fresh, folder);
    } catch (error) {
      if (hadFormer) await rename(former, folder);
      throw error;
    }
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await rm(former, { recursive: true, force: true });
  }
}

/**
 * Whether the folder may be replaced: before the work, so that it is not done in vain. What a run left that was killed while it
 * published is put back, or removed. Errors: INVALID_ARGUMENT.
 */
export async function checkFolder(folder: string): Promise<void> {
  await recoverFolder(folder);
  const place = await stat(folder).catch(() => undefined);
  if (place === undefined) return;
  const names = place.isDirectory() ? await readdir(folder) : undefined;
  if (names !== undefined && (names.length === 0 || names.includes(MANIFEST))) return;
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `${folder} ${names === undefined ? 'is a file' : `holds other files, such as ${names[0] ?? ''}`}. Name a folder that is new, empty or of an earlier report.`,
  );
}

/** Between its two renames a killed run leaves no folder but the former one aside, which has to come back: the next run may fail. */
async function recoverFolder(folder: string): Promise<void> {
  const parent = path.dirname(folder);
  const names = await readdir(parent).catch(() => []);
  const leftBy = /^-[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\.(?:old|new)$/;
  const prefix = `.${path.basename(folder)}`;
  const left = names.filter((name) => name.startsWith(prefix) && leftBy.test(name.slice(prefix.length)));
  const former = left.find((name) => name.endsWith('.old'));
  const isGone = (await stat(folder).catch(() => undefined)) === undefined;
  if (former !== undefined && isGone) await moveIfThere(path.join(parent, former), folder);
  for (const name of left) await rm(path.join(parent, name), { recursive: true, force: true });
}

async function moveIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
