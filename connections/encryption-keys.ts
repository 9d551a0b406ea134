/**
 * The keys of the encrypted store: parsed from `AIRTEMPO_ENCRYPTION_KEY`, or kept in a file that only
 * its owner can read. The first key encrypts, all decrypt, as Airflow's Fernet keys do.
 */
import { createHash, randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { AirtempoError } from '../core/errors.js';
import { writeFileAtomically } from './atomic-file.js';

/** One 256-bit key. */
export interface EncryptionKey {
  /** A fingerprint that tells keys apart and gives nothing away. */
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** Bytes of an AES-256 key. */
const KEY_BYTES = 32;
/** Read no more of a key file than hundreds of keys need. */
const MAX_KEY_FILE_BYTES = 65_536;

const HOW_TO_MAKE_ONE = 'make one with: openssl rand -base64 32';

function createKey(bytes: Uint8Array): EncryptionKey {
  const digest = createHash('sha256').update('airtempo key id').update(bytes).digest('hex');
  return { id: digest.slice(0, 16), bytes };
}

/** A new random key. */
export function createEncryptionKey(): EncryptionKey {
  return createKey(randomBytes(KEY_BYTES));
}

function parseKey(text: string, position: number, place: string): EncryptionKey {
  const bytes = Buffer.from(text, 'base64');
  if (/^[A-Za-z0-9+/_-]+={0,2}$/.test(text) && bytes.length === KEY_BYTES) return createKey(bytes);
  throw new AirtempoError(
    'CONNECTION_STORE_LOCKED',
    `Key ${position} in ${place} is not ${KEY_BYTES} bytes in base64: ${HOW_TO_MAKE_ONE}`,
  );
}

/**
 * The keys in a text, separated by commas or line breaks; base64 or URL-safe base64 (a Fernet key will do).
 * @throws AirtempoError CONNECTION_STORE_LOCKED; the message never repeats a key.
 */
export function parseEncryptionKeys(text: string, place: string): readonly EncryptionKey[] {
  const parts = text.split(/[,\s]+/).filter((part) => part !== '');
  if (parts.length === 0) {
    throw new AirtempoError('CONNECTION_STORE_LOCKED', `There is no key in ${place}: ${HOW_TO_MAKE_ONE}`);
  }
  return parts.map((part, index) => parseKey(part, index + 1, place));
}

function checkPermissions(path: string, mode: number): void {
  if (process.platform === 'win32' || (mode & 0o077) === 0) return;
  const shown = (mode & 0o777).toString(8).padStart(4, '0');
  throw new AirtempoError(
    'CONNECTION_STORE_LOCKED',
    `The key file ${path} can be used by others (mode ${shown}): run chmod 600 ${path}, and if others may have read it, airtempo connections rotate-key.`,
  );
}

/**
 * The keys in a key file; undefined when there is no such file.
 * @throws AirtempoError CONNECTION_STORE_LOCKED when group or others have any right to it, or a key is malformed.
 */
export async function readKeyFile(path: string): Promise<readonly EncryptionKey[] | undefined> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new AirtempoError(
      'CONNECTION_STORE_LOCKED',
      `The key file ${path} cannot be read (${error.code}).`,
      {
        cause: error,
      },
    );
  });
  if (file === undefined) return undefined;
  try {
    // the open file is checked, not its name, so that it cannot be swapped in between
    const { mode, size } = await file.stat();
    checkPermissions(path, mode);
    if (size > MAX_KEY_FILE_BYTES) {
      throw new AirtempoError(
        'CONNECTION_STORE_LOCKED',
        `The key file ${path} has ${size} bytes: it is no key file.`,
      );
    }
    return parseEncryptionKeys(await file.readFile('utf8'), `key file ${path}`);
  } finally {
    await file.close();
  }
}

/** Writes the keys, one a line, for the owner only. */
export async function writeKeyFile(path: string, keys: readonly EncryptionKey[]): Promise<void> {
  const lines = keys.map((key) => `${Buffer.from(key.bytes).toString('base64')}\n`);
  await writeFileAtomically(path, lines.join(''));
}
