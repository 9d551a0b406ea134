/**
 * Replaces a file in one step: a reader, or a crash at any moment, finds the old content or the new.
 * The file can be read by its owner only.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AirtempoError } from '../core/errors.js';

const TEMPORARY_SUFFIX = '.tmp';

/** The message for a file that the system will not let us write; what was there is untouched. */
function explainWriteError(path: string, error: unknown): AirtempoError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  return new AirtempoError(
    'CONNECTION_STORE_UNAVAILABLE',
    `${path} cannot be written (${code}): check the directory's rights and free space. Nothing was changed.`,
    { cause: error },
  );
}

/** A link keeps pointing where it points: the file behind it is replaced. */
async function resolveTarget(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

async function syncDirectory(directory: string): Promise<void> {
  // some file systems cannot open or sync a directory; the rename has happened all the same
  const handle = await open(directory, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

async function writeTemporary(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content, 'utf8');
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Writes `content` (UTF-8, mode 0600) in place of the file, creating its directory (0700) if need be.
 * @throws AirtempoError CONNECTION_STORE_UNAVAILABLE when the disk is full or the rights are missing.
 */
export async function writeFileAtomically(path: string, content: string): Promise<void> {
  const target = await resolveTarget(path);
  const temporary = `${target}.${process.pid}.${randomBytes(6).toString('hex')}${TEMPORARY_SUFFIX}`;
  try {
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await writeTemporary(temporary, content);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw explainWriteError(target, error);
  }
  await syncDirectory(dirname(target));
}

/** Removes what writers killed in mid-write left behind. Only for callers that hold the file's lock. */
export async function removeTemporaryFiles(path: string): Promise<void> {
  const target = await resolveTarget(path);
  const names = await readdir(dirname(target)).catch(() => []);
  const left = names.filter(
    (name) => name.startsWith(`${basename(target)}.`) && name.endsWith(TEMPORARY_SUFFIX),
  );
  await Promise.all(left.map((name) => rm(join(dirname(target), name), { force: true })));
}
