/** Gunzips a file on the way when it is gzip; passes it through when it is not. Concatenated members are one file. */
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

import { AirtempoError } from '../../core/errors.js';
import { readErrorFields } from '../error-fields.js';
import type { SourceFile } from './source.js';

const GZIP_MAGIC_1 = 0x1f;
const GZIP_MAGIC_2 = 0x8b;
const CHUNK_BYTES = 64 * 1024;

/** The chunks of `file`, joined at the start so that the first holds at least two bytes, if there are two. */
async function* openWithHead(file: SourceFile, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of file.open(signal)) {
    if (head === undefined) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < 2) continue;
    yield head;
    head = undefined;
  }
  if (head !== undefined) yield head;
}

function looksGzipped(head: Buffer): boolean {
  return head[0] === GZIP_MAGIC_1 && head[1] === GZIP_MAGIC_2;
}

async function* gunzip(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  const source = Readable.from(chunks, { objectMode: true, highWaterMark: 1 });
  const decoder = createGunzip({ chunkSize: CHUNK_BYTES });
  // Errors of both ends surface in the loop below.
  pipeline(source, decoder, () => undefined);
  try {
    yield* decoder;
  } catch (error) {
    const { code, message } = readErrorFields(error);
    if (!code.startsWith('Z_')) throw error;
    throw new AirtempoError('LOAD_FAILED', `${name} is not whole gzip data: ${message}. Upload it again.`, {
      cause: error,
    });
  }
}

/**
 * Opens a file as plain bytes. With `auto`, data that begins as gzip is gunzipped, and so is a file named `.gz`
 * (hence an error when it is not gzip); `true` demands gzip, `false` takes the bytes as they are.
 */
export async function* openPlain(
  file: SourceFile,
  gzip: 'auto' | boolean,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  const chunks = openWithHead(file, signal);
  const first = await chunks.next();
  if (first.done === true || first.value.length === 0) return;
  const head = first.value;
  const restored = async function* (): AsyncGenerator<Buffer> {
    yield head;
    yield* chunks;
  };
  const compressed = gzip === 'auto' ? looksGzipped(head) || file.name.endsWith('.gz') : gzip;
  try {
    yield* compressed ? gunzip(restored(), file.name) : restored();
  } finally {
    await chunks.return(undefined);
  }
}
