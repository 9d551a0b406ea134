/** Finding a program that is already on the machine. It runs `--version`, nothing else. */

import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { compareVersions } from './binary-spec.js';
import type { BinarySpec } from './binary-spec.js';
import { messageOf } from '../../core/outside-value.js';

const run = promisify(execFile);
/** A 200 MB program on a cold disk needs a second or two for its first `--version`. */
const VERSION_TIMEOUT_MS = 15_000;

/** Whether `file` is a file that this user may execute. */
export async function isExecutableFile(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

/** The first executable of that name in the folders of `searchPath` (the value of PATH). */
export async function findOnPath(name: string, searchPath: string | undefined): Promise<string | undefined> {
  for (const folder of (searchPath ?? '').split(path.delimiter)) {
    // A relative entry would run whatever lies in the current folder.
    if (!path.isAbsolute(folder)) continue;
    const file = path.join(folder, name);
    if (await isExecutableFile(file)) return file;
  }
  return undefined;
}

export type VersionCheck = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Runs `file --version` and compares what it says with the oldest version that will do. */
export async function checkVersion(
  spec: Pick<BinarySpec, 'versionPattern' | 'minimumVersion'>,
  file: string,
): Promise<VersionCheck> {
  let output: string;
  try {
    const { stdout, stderr } = await run(file, ['--version'], { timeout: VERSION_TIMEOUT_MS });
    output = stdout + stderr;
  } catch (error) {
    return { ok: false, reason: `${file} --version failed (${firstLine(error)})` };
  }
  const version = spec.versionPattern.exec(output)?.[1];
  if (version === undefined || compareVersions(version, spec.minimumVersion) >= 0) return { ok: true };
  return { ok: false, reason: `${file} is version ${version}, older than ${spec.minimumVersion}` };
}

function firstLine(error: unknown): string {
  return messageOf(error).split('\n')[0] ?? '';
}
