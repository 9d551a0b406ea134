/** Task logs as files below a folder: for one machine, or several that share the folder. Appended to while a try runs. */
import { mkdir, open, readdir, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { AirtempoError } from '../core/errors.js';
import type { LogSink } from './task-log-writer.js';
import type { LogBlobs } from './task-logs.js';

/** Often enough to follow a task by eye, and a killed worker loses no more than this. */
const FLUSH = { bytes: 16 * 1024, everyMs: 250 };
const READ_BYTES = 256 * 1024;
const LINE_FEED = 0x0a;

/** Logs below `place`, which is made when needed. */
export function createFileLogBlobs(place: string): LogBlobs {
  const root = path.resolve(place);
  const fileOf = (folder: string, name: string): string => path.join(root, folder, `${name}.jsonl`);
  return {
    flush: FLUSH,
    open: (folder, name) => new FileSink(fileOf(folder, name)),
    listFolders: (folder) => list(path.join(root, folder), (entry) => entry.isDirectory()),
    listLogs: async (folder) => {
      const files = await list(path.join(root, folder), (entry) => entry.name.endsWith('.jsonl'));
      return files.map((file) => file.slice(0, -'.jsonl'.length));
    },
    read: (folder, name, position) => readLines(fileOf(folder, name), position),
    addressOf: fileOf,
  };
}

class FileSink implements LogSink {
  readonly #file: string;
  #handle: FileHandle | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  async append(chunk: Uint8Array): Promise<void> {
    this.#handle ??= await this.#open();
    await this.#handle.appendFile(chunk);
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }

  async #open(): Promise<FileHandle> {
    await mkdir(path.dirname(this.#file), { recursive: true, mode: 0o700 });
    return open(this.#file, 'a', 0o600);
  }
}

async function list(
  folder: string,
  wanted: (entry: { readonly name: string; isDirectory(): boolean }) => boolean,
): Promise<readonly string[]> {
  try {
    return (await readdir(folder, { withFileTypes: true })).filter(wanted).map(({ name }) => name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw unreadable(folder, error);
  }
}

/** Whole lines only: the last one may be in the making. */
async function readLines(file: string, position: number): Promise<{ text: string; position: number }> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    for (let size = READ_BYTES; ; size *= 2) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(size), 0, size, position);
      const end = buffer.subarray(0, bytesRead).lastIndexOf(LINE_FEED) + 1;
      if (end === 0 && bytesRead === size) continue; // a longer line than that
      return { text: buffer.toString('utf8', 0, end), position: position + end };
    }
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    await handle?.close();
  }
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}

function unreadable(place: string, cause: unknown): AirtempoError {
  return new AirtempoError(
    'STORAGE_UNAVAILABLE',
    `The task logs at ${place} cannot be read. Check AIRTEMPO_LOGS, and the folder's owner.`,
    { cause },
  );
}
