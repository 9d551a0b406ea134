/** The settings of Kafka's own client in Java, as Spark's connector takes them, of a connection of type kafka. */
import { readFile } from 'node:fs/promises';
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';
import { readKafkaConfig, type KafkaConfig, type KafkaLogin } from './config.js';

export type JavaSettings = Readonly<Record<string, string>>;

/** `ca`: the authority's certificates, PEM. Pure. */
export function describeForJava({ brokers, tls, sasl }: KafkaConfig, ca?: string): JavaSettings {
  const transport = tls === false ? 'PLAINTEXT' : 'SSL';
  return {
    'bootstrap.servers': brokers.join(','),
    ...(tls === false && sasl === undefined
      ? {}
      : { 'security.protocol': sasl === undefined ? transport : `SASL_${transport}` }),
    ...(sasl === undefined
      ? {}
      : { 'sasl.mechanism': sasl.mechanism.toUpperCase(), [LOGIN]: describeLogin(sasl) }),
    ...(ca === undefined ? {} : { 'ssl.truststore.type': 'PEM', 'ssl.truststore.certificates': ca }),
  };
}

const LOGIN = 'sasl.jaas.config';

function describeLogin({ mechanism, username, password }: KafkaLogin): string {
  const [folder, name] = mechanism === 'plain' ? ['plain', 'Plain'] : ['scram', 'Scram'];
  const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  return `org.apache.kafka.common.security.${folder}.${name}LoginModule required username=${quote(username)} password=${quote(password)};`;
}

/** Whether they hold a password. */
export function holdsPassword(settings: JavaSettings): boolean {
  return LOGIN in settings;
}

/** Reads the connection, and the file of its authority. Throws INVALID_CONNECTION. */
export async function readJavaSettings(connection: Connection): Promise<JavaSettings> {
  const config = readKafkaConfig(connection);
  const caFile = config.tls === false ? undefined : config.tls.caFile;
  if (caFile === undefined) return describeForJava(config);
  const ca = await readFile(caFile, 'utf8').catch((cause: unknown) => {
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Connection "${connection.id}": extra.ssl_ca, ${caFile}, cannot be read: ${(cause as Error).message}.`,
      { cause },
    );
  });
  return describeForJava(config, ca);
}
