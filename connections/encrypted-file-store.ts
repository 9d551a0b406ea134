/** Connections in one encrypted file: the sealed store, seen as a store of connections. */
import type { StoredConnection, WritableConnectionStore } from './connection-store.js';
import { formatConnectionRecord } from './format-connection.js';
import { parseConnection } from './parse-connection.js';
import {
  createSealedStore,
  type SealedEntry,
  type SealedRotation,
  type SealedStoreOptions,
} from './sealed-store.js';
import type { Connection } from '../core/connection.js';

export { ENCRYPTION_KEY_VARIABLE } from './sealed-store.js';

/** Options of the encrypted file store. */
export type EncryptedFileStoreOptions = SealedStoreOptions;

/** What `rotateKeys` did. */
export interface KeyRotation extends Pick<SealedRotation, 'keyId' | 'keySource'> {
  readonly connections: number;
}

/** A writable store with keys. */
export interface EncryptedFileStore extends WritableConnectionStore {
  /**
   * Encrypts every connection anew: with the first key of the variable, or with a new key that replaces
   * the key file's. Interrupted at any point, everything stays readable; run it again.
   */
  rotateKeys(): Promise<KeyRotation>;
}

/** A store in the file `options.path`. Nothing is read or created before the first call. */
export function createEncryptedFileStore(options: EncryptedFileStoreOptions): EncryptedFileStore {
  const store = createSealedStore<Connection>(options, {
    noun: 'connection',
    format: (connection) => JSON.stringify(formatConnectionRecord(connection)),
    parse: (id, text, place) => parseConnection(id, text, { place }),
  });
  const { place } = store;
  return {
    name: 'file',
    describePlace: () => place,
    get: (id) => store.get(id),
    list: async () => (await store.list()).map((entry) => toStored(entry, place)),
    put: (connections, options) => store.put(connections, options),
    delete: (id) => store.delete(id),
    rotateKeys: async () => {
      const { keyId, count, keySource } = await store.rotateKeys();
      return { keyId, connections: count, keySource };
    },
  };
}

function toStored(entry: SealedEntry<Connection>, place: string): StoredConnection {
  const { id } = entry;
  return 'problem' in entry ? { id, place, problem: entry.problem } : { id, place, connection: entry.item };
}
