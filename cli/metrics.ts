/** Where a worker serves its metrics: reads the address, and sets Temporal's runtime up to serve there. */
import { isIP } from 'node:net';
import { DefaultLogger, Runtime, type RuntimeOptions } from '@temporalio/worker';
import { AirtempoError } from '../core/errors.js';
import { describeThrown } from '../workers/describe-thrown.js';
import type { Logger } from '../workers/logger.js';
import { HISTOGRAM_BUCKETS } from '../workers/observe/metrics.js';

/** The text of the option's help; `dev` and `worker` share it. */
export const METRICS_HELP =
  'serve Prometheus metrics there, e.g. 127.0.0.1:9464, or only a port (default: $AIRTEMPO_METRICS, else none)';

/**
 * Reads `127.0.0.1:9464`, `[::1]:9464`, `localhost:9464` or `9464`, which means 127.0.0.1. Gives `undefined` for an
 * empty text. Throws INVALID_ARGUMENT.
 */
export function parseMetricsAddress(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') return undefined;
  const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]*)\]:|([^:]*):)?(\d{1,5})$/.exec(trimmed) ?? [];
  const host = resolveHost(bracketed ?? plain ?? '');
  const port = Number(digits);
  if (host !== undefined && port >= 1 && port <= 65_535) return `${host}:${String(port)}`;
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `The address for metrics (--metrics or AIRTEMPO_METRICS) is ${JSON.stringify(trimmed)}. Write an IP address of this ` +
      `machine and a port, such as 127.0.0.1:9464 or [::1]:9464, or a port from 1 to 65535 alone.`,
  );
}

function resolveHost(host: string): string | undefined {
  if (host === '' || host === 'localhost') return '127.0.0.1';
  const version = isIP(host);
  return version === 0 ? undefined : version === 6 ? `[${host}]` : host;
}

/** Sets up Temporal's native core: where it logs, and where it serves metrics. Once a process, before all else of it. */
export function installRuntime(logger: Logger, metricsAddress: string | undefined): Runtime {
  try {
    return Runtime.install(runtimeOptions(logger, metricsAddress));
  } catch (cause) {
    if (metricsAddress === undefined) throw cause;
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `Metrics cannot be served at ${metricsAddress}: ${reasonOf(cause)}. Another process, perhaps another worker, has the ` +
        `port, or the address is not this machine's: choose another with --metrics or AIRTEMPO_METRICS.`,
      { cause },
    );
  }
}

function reasonOf(error: unknown): string {
  return describeThrown(error).replace('Failed to start prometheus metrics exporter: ', '');
}

function runtimeOptions(logger: Logger, metricsAddress: string | undefined): RuntimeOptions {
  return {
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      if (level === 'ERROR') logger.error(meta ?? {}, message);
      else if (level === 'WARN') logger.warn(meta ?? {}, message);
      else logger.debug(meta ?? {}, message); // the SDK tells about every state of every poller
    }),
    shutdownSignals: [], // a command decides itself when to stop
    ...(metricsAddress === undefined
      ? {}
      : {
          telemetryOptions: {
            metrics: {
              prometheus: { bindAddress: metricsAddress, histogramBucketOverrides: HISTOGRAM_BUCKETS },
            },
          },
        }),
  };
}
