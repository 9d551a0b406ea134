/**
 * What the commands share: the environment of the process and, made when first asked for, the objects
 * built from it. The composition root of the command line.
 */
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createConnectionRegistry,
  createDefaultConnectionStores,
  createDefaultVariableFileStore,
  createSecretScrubber,
  createVariableRegistry,
  resolveAirtempoHome,
  type ConnectionRegistry,
  type ConnectionStore,
  type EncryptedFileStore,
  type SecretScrubber,
  type VariableFileStore,
  type VariableRegistry,
} from '../connections/index.js';
import { readPayloadCipher, type PayloadCipher } from '../connections/payload-cipher.js';
import type { Connection } from '../core/connection.js';
import type { TaskConnectionStore } from '../core/context.js';
import { createStackConnectionStore } from '../local/stack-connection-store.js';
import { loadConfig, type LoadedConfig } from '../workers/config-loader.js';
import { loadDags, type LoadedDags } from '../workers/dag-loader.js';
import { createLogger, type Logger } from '../workers/logger.js';
import { createTaskConnectionStore } from '../workers/task-connection-store.js';
import { createTaskLogStore, type TaskLogStore } from '../workers/task-logs.js';
import { createXComStore, type XComStore } from '../workers/xcom-store.js';
import { createXComBlobs } from '../workers/xcom-blobs.js';

/** The process as a command sees it. */
export interface App {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Folder of airtempo's own files, `.airtempo` by default. */
  readonly home: string;
  readonly scrubber: SecretScrubber;
  readonly fileStore: EncryptedFileStore;
  readonly stores: readonly ConnectionStore[];
  readonly registry: ConnectionRegistry;
  /** Where tasks keep the connections that they make. */
  readonly connectionStore: TaskConnectionStore;
  /** Where variables are set, deleted and exported from. */
  readonly variableStore: VariableFileStore;
  readonly variables: VariableRegistry;
  readonly logger: Logger;
  readonly xcom: XComStore;
  readonly taskLogs: TaskLogStore;
  /** Encrypts what goes into histories; undefined where no keys are set. */
  readonly payloadCipher: PayloadCipher | undefined;
  /** Loads the DAG files of these folders, or of the default ones. */
  loadDags(folders: readonly string[]): Promise<LoadedDags>;
  /** airtempo.config.ts, read once. Throws INVALID_CONFIG. */
  loadConfig(): Promise<LoadedConfig>;
}

/** Builds the app from the process's environment. Opens nothing yet. */
export function createApp(env: NodeJS.ProcessEnv, cwd: string): App {
  const home = resolveAirtempoHome(env, cwd);
  const scrubber = createSecretScrubber();
  const { environment, file } = createDefaultConnectionStores(env, cwd);
  const stores = [environment, file, createStackConnectionStore(home)];
  const registry = createConnectionRegistry({ stores, scrubber });
  const variableStore = createDefaultVariableFileStore(env, cwd);
  const logger = createLogger(scrubber, { level: env['AIRTEMPO_LOG_LEVEL'] ?? 'info' });
  const connection = (id: string): Promise<Connection> => registry.get(id);
  let config: Promise<LoadedConfig> | undefined;
  return {
    env,
    cwd,
    home,
    scrubber,
    fileStore: file,
    stores,
    registry,
    connectionStore: createTaskConnectionStore({ store: file, askedBefore: [environment], scrubber }),
    variableStore,
    variables: createVariableRegistry(env, variableStore, scrubber),
    logger,
    xcom: createXComStore(createXComBlobs(env['AIRTEMPO_XCOM'] ?? path.join(home, 'xcom'), connection)),
    taskLogs: createTaskLogStore(
      env['AIRTEMPO_LOGS'] ?? path.join(home, 'logs', 'tasks'), // beside the logs of the local stack
      connection,
      (err) => logger.warn({ err }, 'task logs cannot be stored; check AIRTEMPO_LOGS'),
    ),
    get payloadCipher() {
      return readPayloadCipher(env);
    },
    loadDags: (folders) => loadDags(folders.length > 0 ? folders : defaultDagFolders(env, cwd)),
    loadConfig: () => (config ??= loadConfig(env, cwd)),
  };
}

/** The DAGs that ship with airtempo: compiled in a package, sources when run from them. */
const SHIPPED_DAGS = fileURLToPath(new URL('../dags', import.meta.url));

/**
 * `AIRTEMPO_DAGS` (folders separated as in PATH), else `./dags`; and the shipped DAGs, unless
 * `AIRTEMPO_LOAD_EXAMPLES` is `false`.
 */
function defaultDagFolders(env: NodeJS.ProcessEnv, cwd: string): readonly string[] {
  const own = (env['AIRTEMPO_DAGS'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const local = path.join(cwd, 'dags');
  if (own.length === 0 && existsSync(local) && !isShippedSource(local)) own.push(local);
  return env['AIRTEMPO_LOAD_EXAMPLES'] === 'false' ? own : [...own, SHIPPED_DAGS];
}

/** In a checkout of airtempo itself, `./dags` is the source of the shipped DAGs. */
function isShippedSource(folder: string): boolean {
  const source = path.join(path.dirname(path.dirname(SHIPPED_DAGS)), 'dags');
  return [SHIPPED_DAGS, source].some(
    (known) => existsSync(known) && realpathSync(known) === realpathSync(folder),
  );
}
