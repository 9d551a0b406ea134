/**
 * The connection types airtempo knows and the names Airflow users give them. Turns any of these
 * names into the type; it knows nothing about hosts, passwords or clients.
 */
import { AirtempoError } from '../core/errors.js';
import type { ConnectionType } from '../core/connection.js';
import { computeNearestNames } from './nearest.js';

/** Every connection type, in the order help texts list them. */
export const CONNECTION_TYPES: readonly ConnectionType[] = [
  'aws',
  's3',
  'postgres',
  'redshift',
  'emr',
  'emr_serverless',
  'spark',
  'kafka',
  'http',
  'slackwebhook',
  'smtp',
];

/** Airflow's form labels and driver names, in the normal form of `normaliseTypeName`. */
const TYPE_ALIASES: ReadonlyMap<string, ConnectionType> = new Map<string, ConnectionType>([
  ...CONNECTION_TYPES.map((type) => [type, type] as const),
  ['amazon_web_services', 'aws'],
  ['amazon_s3', 's3'],
  ['postgresql', 'postgres'],
  ['amazon_redshift', 'redshift'],
  ['amazon_elastic_mapreduce', 'emr'],
  ['amazon_emr', 'emr'],
  ['amazon_emr_serverless', 'emr_serverless'],
  ['apache_spark', 'spark'],
  ['spark_submit', 'spark'],
  ['apache_kafka', 'kafka'],
  ['https', 'http'],
  ['slack_incoming_webhook', 'slackwebhook'],
  ['email', 'smtp'],
]);

/** Airflow's rule (`-` becomes `_`), widened to the labels of its form: "Amazon Web Services". */
function normaliseTypeName(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
}

/**
 * The type a user's word stands for.
 * @param subject how the message names the connection, e.g. `Connection "redshift"`.
 * @throws AirtempoError INVALID_CONNECTION when the word is missing or unknown; the message suggests one.
 */
export function parseConnectionType(subject: string, text: unknown): ConnectionType {
  const known = CONNECTION_TYPES.join(', ');
  if (text === undefined || text === null || text === '') {
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `${subject} has no type: set conn_type to one of ${known}.`,
    );
  }
  if (typeof text !== 'string') {
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `${subject} has a type that is not text: use one of ${known}.`,
    );
  }
  const name = normaliseTypeName(text);
  const type = TYPE_ALIASES.get(name);
  if (type !== undefined) return type;
  const [nearest] = computeNearestNames(name, TYPE_ALIASES.keys());
  const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
  const shown = JSON.stringify(text.slice(0, 40));
  throw new AirtempoError(
    'INVALID_CONNECTION',
    `${subject} has the unknown type ${shown}: the types are ${known}.${hint}`,
  );
}
