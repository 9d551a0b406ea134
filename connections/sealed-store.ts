/**
 * Connections, or variables, in one encrypted file. Writers take turns by a lock file and replace the file
 * atomically; readers need no lock. It never repairs: a file that it cannot read is left alone.
 */
import { readFile } from 'node:fs/promises';
import { AirtempoError } from '../core/errors.js';
import { removeTemporaryFiles, writeFileAtomically } from './atomic-file.js';
import type { PutResult } from './connection-store.js';
import {
  createEncryptionKey,
  parseEncryptionKeys,
  readKeyFile,
  writeKeyFile,
  type EncryptionKey,
} from './encryption-keys.js';
import { withFileLock, type FileLock } from './file-lock.js';
import { openRecord, sealRecord, type SealedNoun, type SealedRecord } from './sealed-record.js';
import { formatStoreFile, parseStoreFile } from './store-file.js';

/** Name of the variable with the keys. */
export const ENCRYPTION_KEY_VARIABLE = 'AIRTEMPO_ENCRYPTION_KEY';

/** Where a sealed store is, and its key. */
export interface SealedStoreOptions {
  /** The store's file, e.g. `.airtempo/connections.json`; created at the first `put`, mode 0600. */
  readonly path: string;
  /** The key file, used when `encryptionKey` is not given; created at the first `put`, mode 0600. */
  readonly keyPath: string;
  /** The value of AIRTEMPO_ENCRYPTION_KEY: base64 keys of 32 bytes, comma-separated, the newest first. */
  readonly encryptionKey?: string | undefined;
  /** How long a writer waits for another, in ms; default 10,000. */
  readonly lockTimeoutMs?: number;
}

/** How the things of a store are written and read; their ids are in clear. */
export interface SealedKind<T extends { readonly id: string }> {
  readonly noun: SealedNoun;
  /** The text to encrypt. */
  format(item: T): string;
  /** Reads that text. Throws when it makes no sense. */
  parse(id: string, text: string, place: string): T;
}

/** What a change of keys did. */
export interface SealedRotation {
  /** Fingerprint of the key that everything is encrypted with now. */
  readonly keyId: string;
  readonly count: number;
  /** Where the keys are: the key file was rewritten; the variable is the user's to shorten. */
  readonly keySource: 'variable' | 'file';
}

/** One id: what is stored under it, or why that cannot be read. */
export type SealedEntry<T> =
  { readonly id: string; readonly item: T } | { readonly id: string; readonly problem: Error };

/** A store whose file nobody reads without the key. */
export interface SealedStore<T> {
  readonly place: string;
  get(id: string): Promise<T | undefined>;
  list(): Promise<readonly SealedEntry<T>[]>;
  put(items: readonly T[], options?: { readonly overwrite?: boolean }): Promise<PutResult>;
  delete(id: string): Promise<boolean>;
  /**
   * Encrypts everything anew: with the first key of the variable, or with a new key that replaces the key
   * file's. Interrupted at any point, everything stays readable; run it again.
   */
  rotateKeys(): Promise<SealedRotation>;
}

/** The options, and what the store holds. */
type Place = SealedStoreOptions & { readonly noun: SealedNoun };

type Records = ReadonlyMap<string, SealedRecord>;

/** Reads made again when a rotation replaced file and keys between two of our reads. */
const ROTATION_RETRIES = 2;

async function readRecords({ path, noun }: Place): Promise<Records> {
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
  return text === undefined ? new Map() : parseStoreFile(noun, path, text);
}

function isKeyFromVariable(options: Place): boolean {
  return (options.encryptionKey ?? '').trim() !== '';
}

/** The keys at hand, none when there is no key file yet. */
async function readKeys(options: Place): Promise<readonly EncryptionKey[]> {
  if (isKeyFromVariable(options))
    return parseEncryptionKeys(options.encryptionKey ?? '', ENCRYPTION_KEY_VARIABLE);
  return (await readKeyFile(options.keyPath)) ?? [];
}

function explainMissingKey(options: Place, record: SealedRecord, keys: readonly EncryptionKey[]) {
  const { path, keyPath } = options;
  const subject = `The ${options.noun} "${record.id}" in ${path} was encrypted with key ${record.keyId}`;
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

function findKey(options: Place, record: SealedRecord, keys: readonly EncryptionKey[]): EncryptionKey {
  const key = keys.find(({ id }) => id === record.keyId);
  if (key === undefined) throw explainMissingKey(options, record, keys);
  return key;
}

/** Records and keys that belong together, also while another process rotates. */
async function readSnapshot(options: Place): Promise<{
  readonly records: Records;
  readonly keys: readonly EncryptionKey[];
}> {
  for (let attempt = 0; ; attempt += 1) {
    // the file first: a rotation adds the new key before it writes the file
    const records = await readRecords(options);
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
async function ensureFirstKey(options: Place, kept: Records): Promise<EncryptionKey> {
  const keys = await readKeys(options);
  for (const record of kept.values()) findKey(options, record, keys);
  const [first] = keys;
  if (first !== undefined) return first;
  const key = createEncryptionKey();
  await writeKeyFile(options.keyPath, [key]);
  return key;
}

async function putUnderLock<T extends { readonly id: string }>(
  options: Place,
  lock: FileLock,
  kind: SealedKind<T>,
  items: readonly T[],
  overwrite: boolean,
): Promise<PutResult> {
  const records = new Map(await readRecords(options));
  const isKept = ({ id }: T): boolean => records.has(id) && !overwrite;
  const skipped = items.filter(isKept).map(({ id }) => id);
  const news = items.filter((item) => !isKept(item));
  if (news.length === 0) return { written: [], skipped };
  for (const { id } of news) records.delete(id);
  const key = await ensureFirstKey(options, records);
  for (const item of news) records.set(item.id, sealRecord(kind.noun, item.id, kind.format(item), key));
  await lock.assertHeld();
  await writeFileAtomically(options.path, formatStoreFile(options.noun, records.values()));
  return { written: news.map(({ id }) => id), skipped };
}

async function deleteUnderLock(options: Place, lock: FileLock, id: string): Promise<boolean> {
  const records = new Map(await readRecords(options));
  if (!records.delete(id)) return false;
  await lock.assertHeld();
  await writeFileAtomically(options.path, formatStoreFile(options.noun, records.values()));
  return true;
}

/** Old keys stay in the key file until the store is written, so that a crash locks nothing out. */
async function rotateUnderLock(options: Place, lock: FileLock): Promise<SealedRotation> {
  const records = await readRecords(options);
  const oldKeys = await readKeys(options);
  const texts = [...records.values()].map((record) => {
    return {
      id: record.id,
      text: openRecord(options.noun, record, findKey(options, record, oldKeys), options.path),
    };
  });
  const fromVariable = isKeyFromVariable(options);
  const key = (fromVariable ? oldKeys[0] : undefined) ?? createEncryptionKey();
  await lock.assertHeld();
  if (!fromVariable) await writeKeyFile(options.keyPath, [key, ...oldKeys]);
  if (texts.length > 0) {
    const sealed = texts.map(({ id, text }) => sealRecord(options.noun, id, text, key));
    await writeFileAtomically(options.path, formatStoreFile(options.noun, sealed));
  }
  if (!fromVariable) await writeKeyFile(options.keyPath, [key]);
  return { keyId: key.id, count: texts.length, keySource: fromVariable ? 'variable' : 'file' };
}

/** A store in the file `options.path`. Nothing is read or created before the first call. */
export function createSealedStore<T extends { readonly id: string }>(
  where: SealedStoreOptions,
  kind: SealedKind<T>,
): SealedStore<T> {
  const options: Place = { ...where, noun: kind.noun };
  const place = `file ${options.path}`;
  const decrypt = (record: SealedRecord, keys: readonly EncryptionKey[]): T => {
    const text = openRecord(kind.noun, record, findKey(options, record, keys), options.path);
    return kind.parse(record.id, text, place);
  };
  const locked = <R>(action: (lock: FileLock) => Promise<R>): Promise<R> =>
    withFileLock(
      `${options.path}.lock`,
      async (lock) => {
        await removeTemporaryFiles(options.path);
        await removeTemporaryFiles(options.keyPath);
        return action(lock);
      },
      options.lockTimeoutMs,
    );
  const readEntry = (record: SealedRecord, keys: readonly EncryptionKey[]): SealedEntry<T> => {
    try {
      return { id: record.id, item: decrypt(record, keys) };
    } catch (error) {
      return { id: record.id, problem: error as Error };
    }
  };

  return {
    place,
    get: async (id) => {
      const { records, keys } = await readSnapshot(options);
      const record = records.get(id);
      return record === undefined ? undefined : decrypt(record, keys);
    },
    list: async () => {
      const { records, keys } = await readSnapshot(options);
      return [...records.values()].map((record) => readEntry(record, keys));
    },
    put: (items, { overwrite = false } = {}) =>
      locked((lock) => putUnderLock(options, lock, kind, items, overwrite)),
    delete: (id) => locked((lock) => deleteUnderLock(options, lock, id)),
    rotateKeys: () => locked((lock) => rotateUnderLock(options, lock)),
  };
}
