/**
 * What a connection of type `kafka` says: brokers, login and TLS. Names are airtempo's, Airflow's fields, or librdkafka's with
 * dots, which Airflow's connections of this type have in `extra`. Pure.
 */
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';

export interface KafkaConfig {
  /** `host:port`, one or more. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** false is plain text. */
  readonly tls: false | KafkaTls;
  readonly sasl: KafkaLogin | undefined;
}

export interface KafkaTls {
  /** PEM file of the authority; the system's when absent. */
  readonly caFile: string | undefined;
}

export const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
export interface KafkaLogin {
  readonly mechanism: (typeof SASL_MECHANISMS)[number];
  readonly username: string;
  readonly password: string;
}

const DEFAULT_PORT = 9092;
const BROKER = /^(\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/;
const PROTOCOLS = ['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl'] as const;

/**
 * Reads a connection.
 *
 * `host` and `port` (default 9092) name a broker, `extra.brokers` (or `bootstrap.servers`) several, separated by commas. `login` and
 * `password` sign in by SASL; `extra.sasl_mechanism` is plain (default), scram-sha-256 or scram-sha-512. `extra.ssl` turns TLS on,
 * which a login off this machine has by default; `extra.ssl_ca` is a PEM file. `extra.security_protocol` is Kafka's own word for both.
 * @throws AirtempoError INVALID_CONNECTION, never with a secret in it
 */
export function readKafkaConfig(connection: Connection): KafkaConfig {
  if (connection.type !== 'kafka')
    return fail(connection, `is of type ${connection.type}, and kafka is needed here`);
  const brokers = readBrokers(connection);
  const sasl = readLogin(connection);
  return {
    brokers,
    clientId: readText(connection, 'client_id', 'client.id') ?? 'airtempo',
    tls: readTls(connection, brokers, sasl !== undefined),
    sasl,
  };
}

function fail(connection: Connection, problem: string): never {
  throw new AirtempoError('INVALID_CONNECTION', `Connection "${connection.id}" ${problem}.`);
}

/** Text of `extra` under the first of these names that is set. */
function readText(connection: Connection, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = connection.extra[name];
    if (value === undefined || value === null || value === '') continue;
    if (typeof value === 'string') return value;
    return fail(connection, `has an extra.${name} that is not text`);
  }
  return undefined;
}

function readBrokers(connection: Connection): readonly string[] {
  const { host, port = DEFAULT_PORT } = connection;
  const list = readText(connection, 'brokers', 'bootstrap_servers', 'bootstrap.servers');
  const written =
    list?.split(',').map((broker) => broker.trim()) ?? (host === undefined ? [] : [writeBroker(host, port)]);
  if (written.length === 0) {
    return fail(
      connection,
      'names no broker: set its host, or extra.brokers to host:port, separated by commas',
    );
  }
  return written.map((broker) => {
    const [, name, brokerPort = String(DEFAULT_PORT)] = BROKER.exec(broker) ?? [];
    if (name !== undefined && Number(brokerPort) <= 65_535) return `${name}:${brokerPort}`;
    return fail(connection, `has the broker ${JSON.stringify(broker.slice(0, 60))}, which is not host:port`);
  });
}

function writeBroker(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}

function readLogin(connection: Connection): KafkaLogin | undefined {
  const username = connection.login ?? readText(connection, 'sasl_username', 'sasl.username');
  const password = connection.password ?? readText(connection, 'sasl_password', 'sasl.password');
  const written = readText(connection, 'sasl_mechanism', 'sasl.mechanism', 'sasl.mechanisms');
  if (username === undefined && password === undefined && written === undefined) return undefined;
  if (username === undefined || password === undefined) {
    return fail(connection, `signs in by SASL and has no ${username === undefined ? 'login' : 'password'}`);
  }
  const mechanism = SASL_MECHANISMS.find((known) => known === (written ?? 'plain').toLowerCase());
  if (mechanism !== undefined) return { mechanism, username, password };
  return fail(
    connection,
    `has the SASL mechanism ${JSON.stringify(written?.slice(0, 40))}: use ${SASL_MECHANISMS.join(', ')}`,
  );
}

/** A password does not travel in plain text unless somebody says so. */
function readTls(connection: Connection, brokers: readonly string[], signsIn: boolean): false | KafkaTls {
  const isWanted =
    readProtocol(connection, signsIn) ?? readFlag(connection) ?? (signsIn && !brokers.every(isHere));
  return isWanted && { caFile: readText(connection, 'ssl_ca', 'ssl.ca.location') };
}

function readFlag(connection: Connection): boolean | undefined {
  const value = connection.extra['ssl'];
  if (value === undefined || value === null || value === '') return undefined;
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  return fail(connection, 'has an extra.ssl that is neither true nor false');
}

function readProtocol(connection: Connection, signsIn: boolean): boolean | undefined {
  const written = readText(connection, 'security_protocol', 'security.protocol');
  if (written === undefined) return undefined;
  const protocol = PROTOCOLS.find((known) => known === written.toLowerCase());
  if (protocol === undefined) {
    return fail(
      connection,
      `has the security protocol ${JSON.stringify(written.slice(0, 40))}: use ${PROTOCOLS.join(', ')}`,
    );
  }
  if (protocol.startsWith('sasl') !== signsIn) {
    return fail(
      connection,
      `has the security protocol ${protocol} and ${signsIn ? 'a' : 'no'} login: change one of the two`,
    );
  }
  return protocol.endsWith('ssl');
}

function isHere(broker: string): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\]):/.test(broker);
}
