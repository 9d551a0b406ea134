/** Temporary folders and fake programs for suites that look at the file system. */

import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A fresh folder, and the way to remove it. */
export async function createScratchFolder(): Promise<{ dir: string; remove: () => Promise<void> }> {
  const dir = await mkdtemp(path.join(tmpdir(), 'airtempo-scratch-'));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** Writes an executable shell script and returns its path. */
export async function writeScript(file: string, ...lines: readonly string[]): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(file, 0o755);
  return file;
}
