/** A file on this machine, plain or gzipped, written beside its place and moved there at the end. */
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough, type Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { AirtempoError } from '../../core/errors.js';
import { writeFileAtomically } from '../../connections/atomic-file.js';
import type { OutputFile, Sink } from './sink.js';

/** Where the manifest of an output is kept: beside it, so that no reader of the data takes it for data. */
export function manifestPathOf(out: string): string {
  return `${out.replace(/[/\\]+$/, '')}.manifest.json`;
}

/** An error of the file system as one that names the place. */
export function explainWriteError(place: string, error: unknown): AirtempoError {
  const reason = (error as NodeJS.ErrnoException).code ?? String(error);
  return new AirtempoError(
    'INVALID_ARGUMENT',
    `${place} cannot be written (${reason}): check the folder's rights and the free space, or give another --out.`,
    { cause: error },
  );
}

/** Writes to a stream with back-pressure. */
export function createStreamFile(head: Writable, tail: Writable, place: string): OutputFile {
  const ended = finished(tail);
  ended.catch(() => undefined); // told by write() or commit()
  return {
    write: async (chunk) => {
      if (head.write(chunk)) return;
      const drained = new Promise<void>((resolve) => head.once('drain', resolve));
      await Promise.race([drained, ended]).catch((error: unknown) => {
        throw explainWriteError(place, error);
      });
    },
    commit: async () => {
      head.end();
      await ended.catch((error: unknown) => {
        throw explainWriteError(place, error);
      });
    },
  };
}

/** Half the work of level 6, for a sixth more bytes. */
const GZIP_LEVEL = 3;
/** So much may wait for the thread that compresses: the generator goes on meanwhile, where it would wait at each block. */
const WAITING_BYTES = 2 ** 20;

/** Opens a file for writing where it will stay. */
export async function openLocalFile(file: string, gzipped: boolean): Promise<OutputFile> {
  await mkdir(path.dirname(file), { recursive: true }).catch((error: unknown) => {
    throw explainWriteError(file, error);
  });
  const target = createWriteStream(file);
  if (!gzipped) return createStreamFile(target, target, file);
  const waiting = new PassThrough({ highWaterMark: WAITING_BYTES });
  waiting.pipe(createGzip({ level: GZIP_LEVEL, chunkSize: 256 * 1024 })).pipe(target);
  return createStreamFile(waiting, target, file);
}

/** One file for all events; gzipped when its name says so. */
export function createFileSink(out: string): Sink {
  const partial = `${out}.partial`;
  return {
    layout: 'one',
    open: () => openLocalFile(partial, out.endsWith('.gz')),
    finish: async (manifest) => {
      await rm(manifestPathOf(out), { force: true });
      await rename(partial, out).catch((error: unknown) => {
        throw explainWriteError(out, error);
      });
      await writeFileAtomically(manifestPathOf(out), manifest);
    },
    discard: () => rm(partial, { force: true }),
  };
}
