/**
 * The stores an airtempo process uses unless told otherwise, and where their files are. The only place
 * that knows the names of the files and of the variables that move them.
 */
import { join, resolve } from 'node:path';
import type { ConnectionStore } from './connection-store.js';
import {
  createEncryptedFileStore,
  ENCRYPTION_KEY_VARIABLE,
  type EncryptedFileStore,
} from './encrypted-file-store.js';
import { createEnvironmentStore, type Environment } from './environment-store.js';
import { createVariableFileStore, type VariableFileStore } from './variables.js';

/** Environment first, then the file: the order in which they are asked. */
export interface DefaultConnectionStores {
  readonly environment: ConnectionStore;
  readonly file: EncryptedFileStore;
}

/** The directory of airtempo's own files: `AIRTEMPO_HOME`, or `.airtempo` in the working directory. */
export function resolveAirtempoHome(env: Environment, workingDirectory: string): string {
  const home = env['AIRTEMPO_HOME'];
  return home === undefined || home === ''
    ? join(workingDirectory, '.airtempo')
    : resolve(workingDirectory, home);
}

/**
 * The environment store, and the encrypted store `connections.json` with its `encryption.key` in
 * airtempo's home. Nothing is read or created yet.
 */
export function createDefaultConnectionStores(
  env: Environment,
  workingDirectory: string,
): DefaultConnectionStores {
  const home = resolveAirtempoHome(env, workingDirectory);
  return {
    environment: createEnvironmentStore(env),
    file: createEncryptedFileStore({
      path: join(home, 'connections.json'),
      keyPath: join(home, 'encryption.key'),
      encryptionKey: env[ENCRYPTION_KEY_VARIABLE],
    }),
  };
}

/**
 * The encrypted store `variables.json` with a key of its own, `variables.key`, in airtempo's home; `AIRTEMPO_ENCRYPTION_KEY`
 * is for both stores.
 */
export function createDefaultVariableFileStore(
  env: Environment,
  workingDirectory: string,
): VariableFileStore {
  const home = resolveAirtempoHome(env, workingDirectory);
  return createVariableFileStore({
    path: join(home, 'variables.json'),
    keyPath: join(home, 'variables.key'),
    encryptionKey: env[ENCRYPTION_KEY_VARIABLE],
  });
}
