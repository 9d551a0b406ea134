/**
 * Connections in environment variables: `AIRTEMPO_CONN_<ID>`, and `AIRFLOW_CONN_<ID>` for those who
 * migrate. Reads the variables it is given; never the process's own.
 */
import type { Connection } from '../core/connection.js';
import type { ConnectionStore, StoredConnection } from './connection-store.js';
import { parseConnection } from './parse-connection.js';

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Prefixes in the order they are read. */
export const CONNECTION_PREFIXES = ['AIRTEMPO_CONN_', 'AIRFLOW_CONN_'] as const;

/** `connections add` reads the password of the new connection here: no connection called "password". */
export const PASSWORD_VARIABLE = 'AIRTEMPO_CONN_PASSWORD';

/** The variables that can hold an id. Shells allow letters, digits and _ only, so `my-db` is MY_DB too. */
function listVariables(id: string): readonly string[] {
  const upper = id.toUpperCase();
  const names = new Set([upper, upper.replace(/[^A-Z0-9_]/g, '_')]);
  const variables = CONNECTION_PREFIXES.flatMap((prefix) => [...names].map((name) => prefix + name));
  return variables.filter((variable) => variable !== PASSWORD_VARIABLE);
}

function isSet(env: Environment, variable: string): boolean {
  // an empty variable is how shells and compose files say "unset"
  return Object.hasOwn(env, variable) && (env[variable] ?? '').trim() !== '';
}

function describeVariable(variable: string): string {
  return `variable ${variable}`;
}

function listIds(env: Environment): readonly string[] {
  const variables = Object.keys(env).filter(
    (variable) => variable !== PASSWORD_VARIABLE && isSet(env, variable),
  );
  const ids = CONNECTION_PREFIXES.flatMap((prefix) =>
    variables
      .filter((variable) => variable.startsWith(prefix) && variable.length > prefix.length)
      .map((variable) => variable.slice(prefix.length).toLowerCase()),
  );
  return [...new Set(ids)].sort();
}

/** Reads connections from `env`. Listed ids are lower case, because variables keep no case. */
export function createEnvironmentStore(env: Environment): ConnectionStore {
  const findVariable = (id: string): string | undefined => listVariables(id).find((name) => isSet(env, name));
  const read = (id: string, variable: string): Connection =>
    parseConnection(id, env[variable] ?? '', { place: describeVariable(variable) });

  const readEntry = (id: string): StoredConnection => {
    const variable = findVariable(id) ?? '';
    const place = describeVariable(variable);
    try {
      return { id, place, connection: read(id, variable) };
    } catch (error) {
      return { id, place, problem: error as Error };
    }
  };

  return {
    name: 'environment',
    describePlace: (id) => describeVariable(findVariable(id) ?? listVariables(id).join(' or ')),
    get: async (id) => {
      const variable = findVariable(id);
      return variable === undefined ? undefined : read(id, variable);
    },
    list: async () => listIds(env).map(readEntry),
  };
}
