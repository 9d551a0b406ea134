/** Where lines to be sent come from: a file, a folder, or a prefix on S3. */
import { statSync } from 'node:fs';
import path from 'node:path';
import type { Connection } from '../../../core/connection.js';
import { AirtempoError } from '../../../core/errors.js';
import { createFileSource } from '../../copy/file-source.js';
import { createS3Source } from '../../copy/s3-source.js';
import { connectS3 } from '../../s3.js';
import { readLines } from './lines.js';

export interface LineSource {
  /** By which it is known again: of a file or folder its name and size, wherever it lies. */
  readonly name: string;
  /** From the beginning. */
  readonly openLines: () => AsyncIterable<Buffer>;
  readonly close: () => void;
}

/** Opens the place; close it. `findStorage` is asked for what is on `s3://`. Throws SOURCE_NOT_FOUND. */
export async function openLineSource(
  place: string,
  findStorage: () => Promise<Connection>,
): Promise<LineSource> {
  if (!/^s3[an]?:/.test(place)) {
    const found = statSync(place, { throwIfNoEntry: false });
    if (found === undefined) {
      throw new AirtempoError('SOURCE_NOT_FOUND', `There is no file or folder ${place}. Check the path.`);
    }
    const size = found.isFile() ? ` (${String(found.size)} bytes)` : '';
    const source = createFileSource({ from: place, manifest: false });
    const name = `${path.basename(path.resolve(place))}${size}`;
    return { name, openLines: () => readLines(source), close: () => undefined };
  }
  const storage = connectS3(await findStorage());
  const source = createS3Source(storage, { from: place, manifest: false });
  return { name: place, openLines: () => readLines(source), close: () => storage.close() };
}
