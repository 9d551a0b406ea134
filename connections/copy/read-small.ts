/** Reads a small side file (a manifest, a JSONPaths file) whole; refuses what is too large to be one. */
import { isUtf8 } from 'node:buffer';

import { AirtempoError } from '../../core/errors.js';

const MAX_SMALL_FILE_BYTES = 16 * 1024 * 1024;

/** The text of a file of at most 16 MB, without its byte order mark. */
export async function readSmallText(chunks: AsyncIterable<Buffer>, name: string): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > MAX_SMALL_FILE_BYTES) {
      throw new AirtempoError(
        'INVALID_COPY_OPTION',
        `${name} is larger than 16 MB, so it is no manifest or JSONPaths file. Correct the name.`,
      );
    }
    parts.push(chunk);
  }
  const bytes = Buffer.concat(parts);
  if (!isUtf8(bytes))
    throw new AirtempoError(
      'INVALID_COPY_OPTION',
      `${name} is not UTF-8 text. Convert it (manifests cannot be compressed).`,
    );
  return bytes.toString('utf8').replace(/^\ufeff/, '');
}
