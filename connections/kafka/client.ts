/** The one place that makes a client of kafkajs, with the settings that survive a broker's restart (ADR 34). */
import { readFile } from 'node:fs/promises';
import kafkajs, { CompressionTypes, Kafka, logLevel, type logCreator } from 'kafkajs';
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';
import { readKafkaConfig, type KafkaTls } from './config.js';
import { gzipCodec } from './gzip-codec.js';

/** About half a minute: a broker that was killed and started again is back by then. */
const PATIENT = { retries: 15, initialRetryTime: 200, maxRetryTime: 2_000 };
const CONNECT_TIMEOUT_MS = 5_000;

export interface KafkaClientOptions {
  /** How often a call is made again; default 15. */
  readonly retries?: number;
  /** Receives what the client has to say, at the level of a warning or worse. */
  readonly onLog?: (message: string) => void;
}

/**
 * A client of the connection's brokers. It connects when it is used.
 * @throws AirtempoError INVALID_CONNECTION
 */
export async function createKafkaClient(
  connection: Connection,
  options: KafkaClientOptions = {},
): Promise<Kafka> {
  const { brokers, clientId, tls, sasl } = readKafkaConfig(connection);
  kafkajs.CompressionCodecs[CompressionTypes.GZIP] = () => gzipCodec; // kafkajs keeps it for all its clients
  return new Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    retry: { ...PATIENT, retries: options.retries ?? PATIENT.retries },
    logLevel: logLevel.WARN,
    logCreator: createLogs(options.onLog),
    ...(tls === false ? {} : { ssl: await readTlsOptions(connection, tls) }),
    ...(sasl === undefined ? {} : { sasl: { ...sasl } as never }), // one of its three shapes
  });
}

function createLogs(onLog: KafkaClientOptions['onLog']): logCreator {
  return () =>
    ({ namespace, log }) =>
      onLog?.(
        `${namespace}: ${log.message}${log['error'] === undefined ? '' : ` (${String(log['error'])})`}`,
      );
}

async function readTlsOptions(
  connection: Connection,
  { caFile }: KafkaTls,
): Promise<true | { readonly ca: string[] }> {
  if (caFile === undefined) return true;
  try {
    return { ca: [await readFile(caFile, 'utf8')] };
  } catch (cause) {
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Connection "${connection.id}": the certificate file ${caFile} (extra.ssl_ca) cannot be read. Correct the path.`,
      { cause },
    );
  }
}
