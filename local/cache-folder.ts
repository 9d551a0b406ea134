/**
 * Where airtempo keeps what it fetched or built, outside the project: the user's cache folder. A home that is
 * missing or read-only must not stop anyone, so there is a private fallback in the system's temporary folder.
 */

import { constants } from 'node:fs';
import { access, lstat, mkdir } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { AirtempoError } from '../core/errors.js';

type Env = Readonly<Record<string, string | undefined>>;

/** The cache folder that the environment asks for: `AIRTEMPO_CACHE`, then XDG, then the platform's custom. */
export function computeCacheFolder(env: Env, platform: NodeJS.Platform, home: string): string | undefined {
  if (env['AIRTEMPO_CACHE']) return path.resolve(env['AIRTEMPO_CACHE']);
  if (env['XDG_CACHE_HOME'] && path.isAbsolute(env['XDG_CACHE_HOME'])) {
    return path.join(env['XDG_CACHE_HOME'], 'airtempo');
  }
  if (!path.isAbsolute(home) || home === '/') return undefined;
  if (platform === 'darwin') return path.join(home, 'Library', 'Caches', 'airtempo');
  return path.join(home, '.cache', 'airtempo');
}

/** Creates the cache folder if needed and returns it. Falls back to a folder that only this user can write. */
export async function ensureCacheFolder(env: Env = process.env): Promise<string> {
  const wanted = computeCacheFolder(env, process.platform, safeHome(env));
  if (wanted !== undefined && (await isWritableFolder(wanted))) return wanted;
  if (env['AIRTEMPO_CACHE']) {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `AIRTEMPO_CACHE is ${wanted}, which cannot be created or written. Name a folder that this user can write.`,
    );
  }
  return ensurePrivateTemporaryFolder();
}

/** HOME may be unset, and then even os.homedir() can throw for a user without a passwd entry. */
function safeHome(env: Env): string {
  if (env['HOME']) return env['HOME'];
  try {
    return homedir();
  } catch {
    return '';
  }
}

async function isWritableFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Anyone may plant a folder in /tmp, so one that is not ours, or is a link, is refused: binaries run from here. */
async function ensurePrivateTemporaryFolder(): Promise<string> {
  const uid = process.getuid?.() ?? 0;
  const folder = path.join(tmpdir(), `airtempo-cache-${uid}`);
  await mkdir(folder, { mode: 0o700 }).catch(() => undefined);
  const stat = await lstat(folder).catch(() => undefined);
  if (stat?.isDirectory() && stat.uid === uid && (stat.mode & 0o022) === 0) return folder;
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `The home folder cannot be written and ${folder} is not a private folder of this user. ` +
      'Set AIRTEMPO_CACHE to a folder that this user can write.',
  );
}
