/**
 * Sends spans to an OpenTelemetry collector by OTLP over HTTP, as the standard OTEL_* variables say. Loaded only
 * where one of them asks for it: without tracing none of OpenTelemetry is in the process.
 */
import { diag, DiagLogLevel, type DiagLogFunction } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Logger } from '../logger.js';
import { createTraces, type Traces } from './traces.js';

const PROTOCOL = 'http/json';

/** A collector that is away is told of every so often, not with every batch. */
const QUIET_MS = 60_000;

/** Makes the observer and its exporter, which read the OTEL_* variables of the process. */
export function createOtlpTraces(env: NodeJS.ProcessEnv, logger: Logger): Traces {
  const protocol =
    env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ?? env['OTEL_EXPORTER_OTLP_PROTOCOL'] ?? PROTOCOL;
  if (protocol !== PROTOCOL) {
    logger.warn({ protocol }, `spans are sent by ${PROTOCOL}, whatever OTEL_EXPORTER_OTLP_PROTOCOL says`);
  }
  const warn = createQuietWarning(logger);
  const ignore = (): void => undefined;
  diag.setLogger(
    { error: warn, warn, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  return createTraces(new BatchSpanProcessor(new OTLPTraceExporter()), env);
}

function createQuietWarning(logger: Logger): DiagLogFunction {
  let quietUntil = 0;
  return (message) => {
    const now = performance.now();
    if (now < quietUntil) return;
    quietUntil = now + QUIET_MS;
    logger.warn({ reason: message }, 'spans could not be sent; further warnings are left out for a minute');
  };
}
