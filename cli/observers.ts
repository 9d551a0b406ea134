/** Who watches a worker's runs, by its options and environment: metrics, traces, lineage, each off unless asked for. */
import type { MetricMeter } from '@temporalio/common';
import { AirtempoError } from '../core/errors.js';
import type { Logger } from '../workers/logger.js';
import { readLineageConfig } from '../workers/observe/lineage-config.js';
import { createLineageTransport } from '../workers/observe/lineage-transport.js';
import { createLineageObserver } from '../workers/observe/lineage.js';
import { createMetricsObserver } from '../workers/observe/metrics.js';
import type { Observer } from '../workers/observe/observer.js';
import type { App } from './app.js';

/** The observers of a worker. */
export interface Observers {
  readonly all: readonly Observer[];
  /** What is on, for the log. */
  readonly described: Readonly<Record<string, string>>;
  /** Sends what is left, for a few seconds at most. */
  close(): Promise<void>;
}

/** At its end a worker waits so long for what it has still to tell. */
const CLOSE_MS = 5_000;

/** Makes the observers. Throws INVALID_ARGUMENT for a variable that makes no sense. */
export async function createObservers(
  { env, cwd, logger, scrubber }: Pick<App, 'env' | 'cwd' | 'logger' | 'scrubber'>,
  metrics: { readonly address: string; readonly meter: MetricMeter } | undefined,
): Promise<Observers> {
  const endpoint = findTraceEndpoint(env);
  const lineage = readLineageConfig(env, cwd);
  const transport = lineage === undefined ? undefined : createLineageTransport(lineage, logger);
  const traces =
    endpoint === undefined
      ? undefined
      : (await import('../workers/observe/otlp.js')).createOtlpTraces(env, logger);
  return {
    all: [
      ...(metrics === undefined ? [] : [createMetricsObserver(metrics.meter)]),
      ...(traces === undefined ? [] : [traces.observer]),
      ...(lineage === undefined || transport === undefined
        ? []
        : [createLineageObserver(lineage.namespace, (event) => transport.send(scrubber.scrubValue(event)))]),
    ],
    described: {
      ...(metrics === undefined ? {} : { metrics: `http://${metrics.address}/metrics` }),
      ...(endpoint === undefined ? {} : { traces: endpoint }),
      ...(lineage === undefined
        ? {}
        : { lineage: lineage.type === 'file' ? lineage.path : new URL(lineage.url).origin }),
    },
    close: async () => {
      await withinTime([traces?.shutdown(), transport?.flush()], logger);
      transport?.stop();
    },
  };
}

/** The standard variables that name a collector, and those that switch one off. Credentials in them are not for logs. */
function findTraceEndpoint(env: NodeJS.ProcessEnv): string | undefined {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none')
    return undefined;
  const name = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'].find(
    (name) => (env[name] ?? '').trim() !== '',
  );
  if (name === undefined) return undefined;
  const text = env[name]?.trim() ?? '';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return `${url.protocol}//${url.host}`;
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `${name} is not an http or https URL. Write the address of your collector's OTLP/HTTP receiver, such as http://127.0.0.1:4318.`,
  );
}

async function withinTime(work: readonly (Promise<void> | undefined)[], logger: Logger): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_MS)));
  try {
    await Promise.race([Promise.all(work.filter((one) => one !== undefined)), late]);
  } catch (error) {
    logger.warn({ err: error }, 'the last of what was observed could not be sent');
  } finally {
    clearTimeout(timer);
  }
}
