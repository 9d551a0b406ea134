/** The sensor `file_sensor`: waits for files on the worker's disk. */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { TaskContext } from '../../core/context.js';
import { notYet, sensor, type NotYet } from '../../core/sensor.js';
import { hasWildcard, matchesWildcard } from './wildcard.js';

export interface WaitForFileArgs {
  /** An absolute path on the worker; `*` is any characters but `/`, `?` is one, a folder `**` is any folders. */
  readonly path: string;
  /** A file counts from so many bytes on. Default 0. */
  readonly minSize?: number | undefined;
  /** How many files must be there. Default 1. */
  readonly count?: number | undefined;
}

export interface WaitForFileOutput {
  /** The paths found, sorted; at most 1,000. */
  readonly paths: readonly string[];
  readonly count: number;
}

const argsSchema: z.ZodType<WaitForFileArgs> = z.strictObject({
  path: z
    .string()
    .refine((file) => path.isAbsolute(file), 'write an absolute path: a worker may run anywhere'),
  minSize: z.int().min(0).optional(),
  count: z.int().min(1).optional(),
});

const MOST_PATHS = 1_000;

/** Succeeds once `count` files fit. Folders do not count. The worker that pokes must see the disk: use a pool. */
export const waitForFile = sensor(
  'file_sensor',
  async ({ args, ctx }: { args: WaitForFileArgs; ctx: TaskContext }): Promise<WaitForFileOutput | NotYet> => {
    const { minSize = 0, count: wanted = 1 } = args;
    const paths: string[] = [];
    for await (const file of walk(path.parse(args.path).root, segmentsOf(args.path), ctx.signal)) {
      const size = await sizeOf(file);
      if (size !== undefined && size >= minSize) paths.push(file);
    }
    paths.sort();
    if (paths.length >= wanted) return { paths: paths.slice(0, MOST_PATHS), count: paths.length };
    return notYet(
      wanted === 1
        ? `no file fits ${args.path}`
        : `${String(paths.length)} of ${String(wanted)} files fit ${args.path}`,
    );
  },
  { args: argsSchema, summary: ({ path: file }) => `waits for ${file ?? 'files'}` },
);

function segmentsOf(file: string): readonly string[] {
  return path.resolve(file).slice(path.parse(file).root.length).split(path.sep);
}

/** What lies below `folder` and fits the rest of the pattern. */
async function* walk(
  folder: string,
  [segment, ...rest]: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<string> {
  signal.throwIfAborted();
  if (segment === undefined) {
    yield folder;
    return;
  }
  if (segment !== '**' && !hasWildcard(segment)) {
    yield* walk(path.join(folder, segment), rest, signal);
    return;
  }
  if (segment === '**') yield* walk(folder, rest, signal);
  for (const entry of await entriesOf(folder)) {
    const below = path.join(folder, entry.name);
    // links are not followed by **: they may lead in a circle
    if (segment === '**' && entry.isDirectory()) yield* walk(below, [segment, ...rest], signal);
    else if (segment !== '**' && matchesWildcard(segment, entry.name)) yield* walk(below, rest, signal);
  }
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  return unlessMissing(readdir(folder, { withFileTypes: true }), []);
}

/** Bytes of a file; nothing for what is no file, or not there. */
async function sizeOf(file: string): Promise<number | undefined> {
  const found = await unlessMissing(stat(file), undefined);
  return found?.isFile() === true ? found.size : undefined;
}

/** What is not there is not there yet; a folder that may not be read is an error. */
async function unlessMissing<T, F>(work: Promise<T>, fallback: F): Promise<T | F> {
  try {
    return await work;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // fs throws nothing else
    if (code === 'ENOENT' || code === 'ENOTDIR') return fallback;
    throw error;
  }
}
