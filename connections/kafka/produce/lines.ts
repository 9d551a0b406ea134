/** The lines of files, as the bytes that they are: what cannot be read is for whoever consumes it to judge. */
import { AirtempoError } from '../../../core/errors.js';
import { CarryBuffer } from '../../copy/carry-buffer.js';
import { openPlain } from '../../copy/decompress.js';
import type { CopySource } from '../../copy/source.js';

/** What is longer is no line but another kind of file. */
const MAX_LINE_BYTES = 64 * 2 ** 20;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * All lines in the order of the files, gunzipped, without their ends and without empty ones. Manifests beside data are no data.
 * @throws AirtempoError SOURCE_NOT_FOUND, LOAD_FAILED for broken gzip, INVALID_ARGUMENT for a line of more than 64 MB
 */
export async function* readLines(source: CopySource): AsyncGenerator<Buffer> {
  for await (const file of source.files(undefined)) {
    if (file.name.endsWith('.manifest.json')) continue;
    yield* splitLines(openPlain(file, 'auto', undefined), file.name);
  }
}

async function* splitLines(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  const carry = new CarryBuffer();
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const all = carry.join(chunk);
    let start = 0;
    for (let end = all.indexOf(LINE_FEED); end >= 0; end = all.indexOf(LINE_FEED, start)) {
      const line = takeLine(all.subarray(start, end));
      start = end + 1;
      if (line.length > 0) yield line;
    }
    refuseEndless(all.length - start, name);
    carry.keep(all, all.length - start);
    rest = all.subarray(start);
  }
  const last = takeLine(rest);
  if (last.length > 0) yield last;
}

/** A copy: the buffer is written to again. */
function takeLine(bytes: Buffer): Buffer {
  return Buffer.from(bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes);
}

function refuseEndless(bytes: number, name: string): void {
  if (bytes <= MAX_LINE_BYTES) return;
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `${name} has a line of more than ${String(MAX_LINE_BYTES / 2 ** 20)} MB. Give files of JSON lines.`,
  );
}
