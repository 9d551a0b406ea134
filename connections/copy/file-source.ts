/** Local files as a COPY source: a file, every file under a folder, or a glob (`*`, `?`, `**`). In path order. */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { AirtempoError } from '../../core/errors.js';
import { readErrorFields } from '../error-fields.js';
import { parseManifest } from './manifest.js';
import { readSmallText } from './read-small.js';
import type { CopySource, SourceFile } from './source.js';

const READ_CHUNK_BYTES = 256 * 1024;

export interface FileSourceOptions {
  /** A file, a folder (all files below it), a glob, or a `file://` URL. Relative paths start at the working directory. */
  readonly from: string;
  readonly manifest: boolean;
}

function toPath(name: string): string {
  return path.resolve(name.startsWith('file://') ? fileURLToPath(name) : name);
}

/** Matches a whole path against `*` (within a name), `?` (one character) and `**` (any folders). */
function compileGlob(glob: string): RegExp {
  const source = glob.replace(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, (token) => {
    if (token === '**/') return '(?:.*/)?';
    if (token === '**') return '.*';
    if (token === '*') return '[^/]*';
    return token === '?' ? '[^/]' : `\\${token}`;
  });
  return new RegExp(`^${source}$`, 's');
}

/** Regular files below `folder`, sorted by name folder by folder, hidden ones left out. */
async function* walk(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(full);
    else if (entry.isFile() || entry.isSymbolicLink()) yield full;
  }
}

function readError(error: unknown, name: string): AirtempoError {
  const { code, message } = readErrorFields(error);
  const denied = code === 'EACCES' || code === 'EPERM';
  return denied
    ? new AirtempoError('ACCESS_DENIED', `${name} may not be read by this process. Grant it read access.`, {
        cause: error,
      })
    : new AirtempoError('SOURCE_NOT_FOUND', `${name} cannot be read: ${message}. Correct the path.`, {
        cause: error,
      });
}

async function* readFile(name: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  try {
    // Without an encoding a file stream yields buffers.
    const stream: AsyncIterable<Buffer> = createReadStream(name, {
      highWaterMark: READ_CHUNK_BYTES,
      ...(signal === undefined ? {} : { signal }),
    });
    yield* stream;
  } catch (error) {
    signal?.throwIfAborted();
    throw readError(error, name);
  }
}

async function exists(name: string): Promise<boolean> {
  return stat(name).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Creates the source. Reads nothing yet. */
export function createFileSource({ from, manifest }: FileSourceOptions): CopySource {
  const target = toPath(from);
  const skipped: string[] = [];

  function fileOf(name: string): SourceFile {
    return { name, open: (signal) => readFile(name, signal) };
  }

  async function* listPaths(): AsyncGenerator<string> {
    if (/[*?]/.test(target)) {
      const pattern = compileGlob(target);
      const base = target.slice(0, target.search(/[*?]/)).replace(/[^/]*$/, '') || '/';
      for await (const name of walk(base)) if (pattern.test(name)) yield name;
      return;
    }
    const found = await stat(target);
    if (found.isDirectory()) yield* walk(target);
    else yield target;
  }

  async function* listFiles(): AsyncGenerator<SourceFile> {
    let found = false;
    try {
      for await (const name of listPaths()) {
        found = true;
        yield fileOf(name);
      }
    } catch (error) {
      throw error instanceof AirtempoError ? error : readError(error, from);
    }
    if (!found)
      throw new AirtempoError(
        'SOURCE_NOT_FOUND',
        `There is no file at ${from}. Correct the folder or the glob.`,
      );
  }

  async function* listManifest(signal: AbortSignal | undefined): AsyncGenerator<SourceFile> {
    let found = false;
    for (const { url, mandatory } of parseManifest(await readText(from, signal), from)) {
      const name = toPath(url);
      if (await exists(name)) {
        found = true;
        yield fileOf(name);
      } else if (mandatory) {
        throw new AirtempoError(
          'SOURCE_NOT_FOUND',
          `The manifest ${from} demands ${url}, which does not exist. Provide it, or correct the manifest.`,
        );
      } else skipped.push(url);
    }
    if (!found)
      throw new AirtempoError(
        'SOURCE_NOT_FOUND',
        `None of the files in the manifest ${from} exists. Correct it.`,
      );
  }

  function readText(name: string, signal: AbortSignal | undefined): Promise<string> {
    return readSmallText(readFile(toPath(name), signal), name);
  }

  return { from, skipped, files: manifest ? listManifest : listFiles, readText };
}
