/** The public API of `airtempo/connections`: reading, storing, looking up and masking connections. */
export type { Connection, ConnectionType } from '../core/connection.js';
export { CONNECTION_TYPES } from './connection-type.js';
export { parseConnection, parseConnectionRecord, type ParseConnectionOptions } from './parse-connection.js';
export { validateConnection, type ConnectionFields } from './validate-connection.js';
export { formatConnectionRecord, formatConnectionUri, type ConnectionRecord } from './format-connection.js';
export type {
  ConnectionStore,
  PutResult,
  StoredConnection,
  WritableConnectionStore,
} from './connection-store.js';
export { createEnvironmentStore, type Environment } from './environment-store.js';
export {
  createEncryptedFileStore,
  type EncryptedFileStore,
  type EncryptedFileStoreOptions,
  type KeyRotation,
} from './encrypted-file-store.js';
export {
  createDefaultConnectionStores,
  createDefaultVariableFileStore,
  resolveAirtempoHome,
  type DefaultConnectionStores,
} from './default-stores.js';
export {
  createConnectionRegistry,
  type ConnectionRegistry,
  type ConnectionRegistryOptions,
  type ConnectionSummary,
  type ResolvedConnection,
} from './registry.js';
export { isSensitiveName, MASK, maskConnection } from './mask.js';
export { createSecretScrubber, type SecretScrubber } from './secret-scrubber.js';
export type { Variable } from '../core/variable.js';
export {
  createVariableFileStore,
  createVariableRegistry,
  type FoundVariable,
  type ListedVariable,
  type VariableFileStore,
  type VariableRegistry,
} from './variables.js';
export type { SealedEntry, SealedRotation, SealedStore, SealedStoreOptions } from './sealed-store.js';
