/** XCom outputs as files in a folder: for one machine, or several that share the folder. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AirtempoError } from '../core/errors.js';
import type { XComBlobs } from './xcom-store.js';

/** Keeps blobs under `folder`, which is made when needed. */
export function createFileXComBlobs(folder: string): XComBlobs {
  const root = path.resolve(folder);
  return {
    addressOf: (key) => `file:${path.relative(root, path.join(root, key))}`,
    async write(key, bytes) {
      const file = path.join(root, key);
      await writeWhole(file, bytes).catch((cause: unknown) => {
        throw new AirtempoError(
          'XCOM_UNAVAILABLE',
          `The task output ${key} could not be written to ${root}. Check AIRTEMPO_XCOM, and the folder's owner and free space.`,
          { cause },
        );
      });
      return `file:${path.relative(root, file)}`;
    },
    async read(address) {
      const file = path.resolve(root, address.replace(/^file:/, ''));
      if (!file.startsWith(root + path.sep)) {
        throw new AirtempoError('XCOM_CORRUPT', `${address} points outside the XCom folder ${root}.`);
      }
      return readFile(file).catch((cause: unknown) => {
        throw new AirtempoError(
          'XCOM_UNAVAILABLE',
          `The stored output ${address} cannot be read from ${root}. ` +
            `If workers run on several machines, set AIRTEMPO_XCOM to a folder or an s3:// prefix they share.`,
          { cause },
        );
      });
    },
  };
}

/** A reader never sees half a file. */
async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${String(process.pid)}.${String(Math.random()).slice(2)}`;
  await writeFile(temporary, bytes, { mode: 0o600 });
  await rename(temporary, file);
}
