/**
 * Connections in one encrypted file. Writers take turns by a lock file and replace the file atomically;
 * readers need no lock. It never repairs: a file that it cannot read is left alone.
 */
import { readFile } from 'node:fs/promises';
import { AirtempoError } from '../core/errors.js';
import type { Connection } from '../core/connection.js';
import { removeTemporaryFiles, writeFileAtomically } from './atomic-file.js';
import type { PutResult, StoredConnection, WritableConnectionStore } from './connection-store.js';
import {
  createEncryptionKey,
  parseEncryptionKeys,
  readKeyFile,
  writeKeyFile,
  type EncryptionKey,
} from './encryption-keys.js';
import { withFileLock, type FileLock } from './file-lock.js';
import { formatConnectionRecord } from './format-connection.js';
import { parseConnection } from './parse-connection.js';
import { openRecord, sealRecord, type SealedRecord } from './sealed-record.js';
import { formatStoreFile, parseStoreFile } from './store-file.js';

/** Name of the variable with the keys. */
export const ENCRYPTION_KEY_VARIABLE = 'AIRTEMPO_ENCRYPTION_KEY';

/** Options of the encrypted file store. */
export interface EncryptedFileStoreOptions {
  /** The store's file, e.g. `.airtempo/connections.json`; created at the first `put`, mode 0600. */
  readonly path: string;
  /** The key file, used when `encryptionKey` is not given; created at the first `put`, mode 0600. */
  readonly keyPath: string;
  /** The value of AIRTEMPO_ENCRYPTION_KEY: base64 keys of 32 bytes, comma-separated, the newest first. */
  readonly encryptionKey?: string | undefined;
  /** How long a writer waits for another, in ms; default 10,000. */
  readonly lockTimeoutMs?: number;
}

/** What `rotateKeys` did. */
export interface KeyRotation {
  /** Fingerprint of the key that everything is encrypted with now. */
  readonly keyId: string;
  readonly connections: number;
  /** Where the keys are: the key file was rewritten; the variable is the user's to shorten. */
  readonly keySource: 'variable' | 'file';
}

/** A writable store with keys. */
export interface EncryptedFileStore extends WritableConnectionStore {
  /**
   * Encrypts every connection anew: with the first key of the variable, or with a new key that replaces
   * the key file's. Interrupted at any point, everything stays readable; run it again.
   */
  rotateKeys(): Promise<KeyRotation>;
}

type Records = ReadonlyMap<string, SealedRecord>;

/** Reads made again when a rotation replaced file and keys between two of our reads. */
const ROTATION_RETRIES = 2;

async function readRecords(path: string): Promise<Records> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new AirtempoError(
      'CONNECTION_STORE_UNAVAILABLE',
      `${path} cannot be read (${error.code}): check its rights.`,
      {
        cause: error,
      },
    );
  });
  return text === undefined ? new Map() : parseStoreFile(path, text);
}

function isKeyFromVariable(options: EncryptedFileStoreOptions): boolean {
  return (options.encryptionKey ?? '').trim() !== '';
}

/** The keys at hand, none when there is no key file yet. */
async function readKeys(options: EncryptedFileStoreOptions): Promise<readonly EncryptionKey[]> {
  if (isKeyFromVariable(options))
    return parseEncryptionKeys(options.encryptionKey ?? '', ENCRYPTION_KEY_VARIABLE);
  return (await readKeyFile(options.keyPath)) ?? [];
}

function explainMissingKey(
  options: EncryptedFileStoreOptions,
  record: SealedRecord,
  keys: readonly EncryptionKey[],
) {
  const { path, keyPath } = options;
  const subject = `Connection "${record.id}" in ${path} was encrypted with key ${record.keyId}`;
  const hint = `add the old key after the new one, separated by a comma, to ${ENCRYPTION_KEY_VARIABLE}`;
  if (isKeyFromVariable(options)) {
    const known = keys.map((key) => key.id).join(', ');
    return new AirtempoError(
      'CONNECTION_STORE_LOCKED',
      `${subject}, but ${ENCRYPTION_KEY_VARIABLE} holds ${known}: ${hint} (a key file's line will do).`,
    );
  }
  const state = keys.length === 0 ? 'does not exist' : `holds ${keys.map((key) => key.id).join(', ')}`;
  const fix = `restore the key file from a backup, or set ${ENCRYPTION_KEY_VARIABLE} to the key`;
  return new AirtempoError('CONNECTION_STORE_LOCKED', `${subject}, but ${keyPath} ${state}: ${fix}.`);
}

function findKey(
  options: EncryptedFileStoreOptions,
  record: SealedRecord,
  keys: readonly EncryptionKey[],
): EncryptionKey {
  const key = keys.find(({ id }) => id === record.keyId);
  if (key === undefined) throw explainMissingKey(options, record, keys);
  return key;
}

function sealConnection(connection: Connection, key: EncryptionKey): SealedRecord {
  return sealRecord(connection.id, JSON.stringify(formatConnectionRecord(connection)), key);
}

/** Records and keys that belong together, also while another process rotates. */
async function readSnapshot(options: EncryptedFileStoreOptions): Promise<{
  readonly records: Records;
  readonly keys: readonly EncryptionKey[];
}> {
  for (let attempt = 0; ; attempt += 1) {
    // the file first: a rotation adds the new key before it writes the file
    const records = await readRecords(options.path);
    const keys = records.size === 0 ? [] : await readKeys(options);
    const known = new Set(keys.map((key) => key.id));
    const complete = [...records.values()].every((record) => known.has(record.keyId));
    if (complete || attempt >= ROTATION_RETRIES) return { records, keys };
  }
}

/**
 * The key for new records. Made at the first use, never beside records that no key at hand opens: a
 * mistyped key would split the store in two.
 */
async function ensureFirstKey(options: EncryptedFileStoreOptions, kept: Records): Promise<EncryptionKey> {
  const keys = await readKeys(options);
  for (const record of kept.values()) findKey(options, record, keys);
  const [first] = keys;
  if (first !== undefined) return first;
  const key = createEncryptionKey();
  await writeKeyFile(options.keyPath, [key]);
  return key;
}

async function putUnderLock(
  options: EncryptedFileStoreOptions,
  lock: FileLock,
  connections: readonly Connection[],
  overwrite: boolean,
): Promise<PutResult> {
  const records = new Map(await readRecords(options.path));
  const isKept = ({ id }: Connection): boolean => records.has(id) && !overwrite;
  const skipped = connections.filter(isKept).map(({ id }) => id);
  const news = connections.filter((connection) => !isKept(connection));
  if (news.length === 0) return { written: [], skipped };
  for (const { id } of news) records.delete(id);
  const key = await ensureFirstKey(options, records);
  for (const connection of news) records.set(connection.id, sealConnection(connection, key));
  await lock.assertHeld();
  await writeFileAtomically(options.path, formatStoreFile(records.values()));
  return { written: news.map(({ id }) => id), skipped };
}

async function deleteUnderLock(
  options: EncryptedFileStoreOptions,
  lock: FileLock,
  id: string,
): Promise<boolean> {
  const records = new Map(await readRecords(options.path));
  if (!records.delete(id)) return false;
  await lock.assertHeld();
  await writeFileAtomically(options.path, formatStoreFile(records.values()));
  return true;
}

/** Old keys stay in the key file until the store is written, so that a crash locks nothing out. */
async function rotateUnderLock(options: EncryptedFileStoreOptions, lock: FileLock): Promise<KeyRotation> {
  const records = await readRecords(options.path);
  const oldKeys = await readKeys(options);
  const texts = [...records.values()].map((record) => {
    return { id: record.id, text: openRecord(record, findKey(options, record, oldKeys), options.path) };
  });
  const fromVariable = isKeyFromVariable(options);
  const key = (fromVariable ? oldKeys[0] : undefined) ?? createEncryptionKey();
  await lock.assertHeld();
  if (!fromVariable) await writeKeyFile(options.keyPath, [key, ...oldKeys]);
  if (texts.length > 0) {
    const sealed = texts.map(({ id, text }) => sealRecord(id, text, key));
    await writeFileAtomically(options.path, formatStoreFile(sealed));
  }
  if (!fromVariable) await writeKeyFile(options.keyPath, [key]);
  return { keyId: key.id, connections: texts.length, keySource: fromVariable ? 'variable' : 'file' };
}

/** A store in the file `options.path`. Nothing is read or created before the first call. */
export function createEncryptedFileStore(options: EncryptedFileStoreOptions): EncryptedFileStore {
  const place = `file ${options.path}`;
  const decrypt = (record: SealedRecord, keys: readonly EncryptionKey[]): Connection =>
    parseConnection(record.id, openRecord(record, findKey(options, record, keys), options.path), { place });
  const locked = <T>(action: (lock: FileLock) => Promise<T>): Promise<T> =>
    withFileLock(
      `${options.path}.lock`,
      async (lock) => {
        await removeTemporaryFiles(options.path);
        await removeTemporaryFiles(options.keyPath);
        return action(lock);
      },
      options.lockTimeoutMs,
    );
  const readEntry = (record: SealedRecord, keys: readonly EncryptionKey[]): StoredConnection => {
    try {
      return { id: record.id, place, connection: decrypt(record, keys) };
    } catch (error) {
      return { id: record.id, place, problem: error as Error };
    }
  };

  return {
    name: 'file',
    describePlace: () => place,
    get: async (id) => {
      const { records, keys } = await readSnapshot(options);
      const record = records.get(id);
      return record === undefined ? undefined : decrypt(record, keys);
    },
    list: async () => {
      const { records, keys } = await readSnapshot(options);
      return [...records.values()].map((record) => readEntry(record, keys));
    },
    put: (connections, { overwrite = false } = {}) =>
      locked((lock) => putUnderLock(options, lock, connections, overwrite)),
    delete: (id) => locked((lock) => deleteUnderLock(options, lock, id)),
    rotateKeys: () => locked((lock) => rotateUnderLock(options, lock)),
  };
}
