/** How the commands reach Temporal: the same profile and TEMPORAL_* variables as the `temporal` command, else the local stack. */
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnection, NativeConnectionOptions } from '@temporalio/worker';
import { AirtempoError } from '../core/errors.js';
import { readRunningStack } from '../local/running-stack.js';
import { toDataConverter } from '../workers/payload-codec.js';
import type { App } from './app.js';

/** Where Temporal is. */
export interface TemporalTarget {
  readonly options: NativeConnectionOptions;
  readonly address: string;
  readonly namespace: string;
  /** Base address of the Web UI, when known. */
  readonly uiUrl: string | undefined;
}

const DEFAULT_ADDRESS = 'localhost:7233';

/** An explicit address or profile wins; then a running local stack; then localhost:7233. */
export async function findTemporal(app: App): Promise<TemporalTarget> {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const stack = connectionOptions.address === undefined ? await readRunningStack(app.home) : undefined;
  const address = connectionOptions.address ?? stack?.temporal?.address ?? DEFAULT_ADDRESS;
  return {
    options: { ...connectionOptions, address },
    address,
    namespace: namespace ?? 'default',
    uiUrl: app.env['AIRTEMPO_UI_URL'] ?? stack?.temporal?.uiUrl ?? guessUiUrl(address),
  };
}

/** `temporal server start-dev` puts its UI a thousand ports up. */
function guessUiUrl(address: string): string | undefined {
  const port = /^(?:localhost|127\.0\.0\.1):(\d+)$/.exec(address)?.[1];
  return port === undefined ? undefined : `http://localhost:${String(Number(port) + 1000)}`;
}

/** A client and its target. Close the connection when done. */
export interface TemporalSession {
  readonly client: Client;
  readonly target: TemporalTarget;
  close(): Promise<void>;
}

/** Connects. Throws TEMPORAL_UNREACHABLE when nobody answers within the time-out. */
export async function connectTemporal(
  app: App,
  connectTimeout: '2s' | '5s' = '5s',
): Promise<TemporalSession> {
  const target = await findTemporal(app);
  const connection = await Connection.connect({ ...target.options, connectTimeout }).catch(
    (cause: unknown) => {
      throw unreachable(target, cause);
    },
  );
  return {
    client: new Client({ connection, namespace: target.namespace, ...toDataConverter(app.payloadCipher) }),
    target,
    close: () => connection.close(),
  };
}

/** Connects for the length of `work`. */
export async function withTemporal<T>(app: App, work: (session: TemporalSession) => Promise<T>): Promise<T> {
  const session = await connectTemporal(app);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** Connects a worker. */
export async function connectWorkerToTemporal(target: TemporalTarget): Promise<NativeConnection> {
  const { NativeConnection } = await import('@temporalio/worker'); // only workers need its native library
  return NativeConnection.connect(target.options).catch((cause: unknown) => {
    throw unreachable(target, cause);
  });
}

function unreachable(target: TemporalTarget, cause: unknown): AirtempoError {
  return new AirtempoError(
    'TEMPORAL_UNREACHABLE',
    `Temporal does not answer at ${target.address} (namespace ${target.namespace}). ` +
      `Start a local one with "airtempo dev", or set TEMPORAL_ADDRESS or TEMPORAL_PROFILE.`,
    { cause },
  );
}

/** The run's page in the Web UI. */
export function runUrl(target: TemporalTarget, workflowId: string, executionId?: string): string | undefined {
  if (target.uiUrl === undefined) return undefined;
  const path = `namespaces/${target.namespace}/workflows/${encodeURIComponent(workflowId)}`;
  return `${target.uiUrl}/${path}${executionId === undefined ? '' : `/${executionId}/history`}`;
}
