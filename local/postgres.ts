/**
 * A private Postgres on loopback, with passwords from the first moment. It stands where Redshift stands in
 * production, so it has Redshift's names: database `dev`, user `awsuser`, who is no superuser.
 */

import { execFile } from 'node:child_process';
import { chown, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { AirtempoError } from '../core/errors.js';
import type { Connection } from '../core/connection.js';
import { startChild, waitUntilReady } from './child.js';
import type { ServiceChild } from './child.js';
import type { Credentials } from './credentials.js';
import { canReach, ensureDataFolder } from './postgres-account.js';
import type { PostgresAccount } from './postgres-account.js';
import { ensurePostgresPrograms } from './postgres-native.js';
import type { PostgresPrograms } from './postgres-native.js';
import { childEnv, orStop, READY_TIMEOUT_MS } from './service.js';
import type { ServiceContext } from './service.js';
import { stackFiles } from './stack-state.js';

const run = promisify(execFile);
const ADMIN = 'postgres';
const USER = 'awsuser';
const DATABASE = 'dev';

export interface StartedPostgres {
  readonly child: ServiceChild;
  readonly port: number;
}

/** Everything that initdb and the server are run with. */
interface Setting {
  readonly data: string;
  /** How the data folder is named to Postgres. */
  readonly dataArg: string;
  readonly account: PostgresAccount | undefined;
  readonly programs: PostgresPrograms;
}

/** Starts the server, creating its data the first time, and waits until `awsuser` can log in to `dev`. */
export async function startPostgres(context: ServiceContext, wantedPort: number): Promise<StartedPostgres> {
  const setting = await prepare(context);
  await initializeOnce(context, setting);
  await removeStalePidFile(setting.data);
  const port = await context.choosePort(wantedPort);
  const child = await startChild({
    name: 'Postgres',
    command: setting.programs.postgres,
    args: ['-D', setting.dataArg, '-p', String(port), ...serverSettings(context.durable)],
    env: childEnv(context.dir),
    cwd: setting.data,
    logFile: stackFiles.log(context.dir, 'postgres'),
    // Postgres's "fast shutdown": roll back, checkpoint, end. SIGTERM would wait for every client to leave.
    stopSignal: 'SIGINT',
    ...setting.account,
  });
  const probe = (): Promise<boolean> =>
    ensureDatabase(port, context.credentials).catch((error: Error) =>
      refuseWrongPassword(setting.data, error),
    );
  await orStop(child, waitUntilReady({ child, probe, timeoutMs: READY_TIMEOUT_MS, signal: context.signal }));
  return { child, port };
}

/** The connection to a server on this port. */
export function postgresConnection(port: number, credentials: Credentials): Connection {
  return {
    id: 'redshift',
    type: 'postgres',
    description: 'The Postgres of the local stack, in the place of Redshift',
    host: '127.0.0.1',
    port,
    schema: DATABASE,
    login: USER,
    password: credentials.postgresPassword,
    extra: {},
  };
}

async function prepare(context: ServiceContext): Promise<Setting> {
  const data = stackFiles.postgres(context.dir);
  const account = await ensureDataFolder(data);
  const programs = await ensurePostgresPrograms(account);
  return { data, account, programs, dataArg: await nameDataFolder(data, account) };
}

/**
 * Under a closed home (root's own, say) the account can use its data folder but not walk to it. Linux still lets
 * it in by way of its working folder, which we set before the account changes.
 */
async function nameDataFolder(data: string, account: PostgresAccount | undefined): Promise<string> {
  if (account === undefined || (await canReach(data, account))) return data;
  if (process.platform === 'linux') return '/proc/self/cwd';
  throw new AirtempoError(
    'ACCESS_DENIED',
    `Postgres does not run as root, and the user it runs as (id ${account.uid}) cannot enter ${data}. ` +
      'Start without sudo, or use a project folder that other users may enter.',
  );
}

async function initializeOnce(context: ServiceContext, setting: Setting): Promise<void> {
  const marker = path.join(setting.data, 'PG_VERSION');
  const names = await readdir(setting.data);
  // initdb writes PG_VERSION early; this file, written last, tells whether it came to its end.
  if (names.includes('airtempo-ready')) return refuseOtherVersion(marker, setting.programs.majorVersion);
  context.step.update('Creating the Postgres data folder');
  await Promise.all(names.map((name) => rm(path.join(setting.data, name), { recursive: true, force: true })));
  await initialize(context, setting);
  await writeFile(path.join(setting.data, 'airtempo-ready'), '');
}

async function initialize(context: ServiceContext, setting: Setting): Promise<void> {
  const passwordFile = path.join(context.dir, `.initdb-${process.pid}`);
  await writeFile(passwordFile, `${context.credentials.postgresAdminPassword}\n`, { mode: 0o600 });
  try {
    if (setting.account) await chown(passwordFile, setting.account.uid, setting.account.gid);
    const passwordArg = `--pwfile=../${path.basename(passwordFile)}`;
    const args = ['-D', setting.dataArg, '-U', ADMIN, '--auth=scram-sha-256', passwordArg];
    args.push('--encoding=UTF8', '--locale=C', ...(context.durable ? [] : ['--no-sync']));
    await run(setting.programs.initdb, args, {
      cwd: setting.data,
      env: childEnv(context.dir),
      signal: context.signal,
      ...setting.account,
    });
  } catch (error) {
    context.signal?.throwIfAborted();
    const output = (error as { readonly stderr?: string }).stderr || (error as Error).message;
    throw new AirtempoError(
      'SERVICE_NOT_READY',
      `Postgres could not create its data in ${setting.data}: ${output}`,
      {
        cause: error,
      },
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** The major version in the data must be the one of the programs: Postgres cannot read another one's files. */
async function refuseOtherVersion(marker: string, majorVersion: string): Promise<void> {
  const version = (await readFile(marker, 'utf8')).trim();
  if (version === majorVersion) return;
  throw new AirtempoError(
    'SERVICE_NOT_READY',
    `${path.dirname(marker)} was made by Postgres ${version}, and this airtempo brings Postgres ${majorVersion}. ` +
      'Move the folder away to start with an empty database.',
  );
}

/**
 * After a kill the file names a process id that, in a fresh container, may belong to something else, and Postgres
 * would refuse to start. The caller holds the stack's lock and has stopped every Postgres on this folder.
 */
async function removeStalePidFile(data: string): Promise<void> {
  await rm(path.join(data, 'postmaster.pid'), { force: true });
}

function serverSettings(durable: boolean): readonly string[] {
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'log_min_error_statement=panic', // statements may hold passwords
    'log_line_prefix=%m [%p] ',
    ...(durable ? [] : ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off']),
  ];
  return settings.flatMap((setting) => ['-c', setting]);
}

/** Creates `awsuser` and `dev` if they are missing, then logs in as that user. Rejects while Postgres is starting. */
async function ensureDatabase(port: number, credentials: Credentials): Promise<boolean> {
  const admin = { user: ADMIN, database: ADMIN, password: credentials.postgresAdminPassword };
  await withClient({ port, ...admin }, async (client) => {
    const roles = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [USER]);
    if (roles.rowCount === 0) await client.query(`CREATE ROLE ${USER} LOGIN CREATEDB CREATEROLE`);
    const password = client.escapeLiteral(credentials.postgresPassword);
    await client.query(`ALTER ROLE ${USER} PASSWORD ${password}`);
    const databases = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (databases.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE} OWNER ${USER}`);
  });
  return answersLogin(port, credentials);
}

/** Waiting does not help when the password is wrong, so this one failure ends the start. */
function refuseWrongPassword(data: string, error: Error & { readonly code?: string }): never {
  if (error.code !== '28P01') throw error;
  throw new AirtempoError(
    'ACCESS_DENIED',
    'The local Postgres refuses the password in credentials.json: that file is not the one its data was made with. ' +
      `Restore it, or remove ${data} to start with an empty database.`,
    { cause: error },
  );
}

/** Whether `awsuser` can log in to `dev` on this port. */
export async function answersLogin(port: number, credentials: Credentials): Promise<boolean> {
  const user = { user: USER, database: DATABASE, password: credentials.postgresPassword };
  await withClient({ port, ...user }, (client) => client.query('SELECT 1'));
  return true;
}

async function withClient(
  config: pg.ClientConfig,
  use: (client: pg.Client) => Promise<unknown>,
): Promise<void> {
  const client = new pg.Client({ ...config, host: '127.0.0.1', connectionTimeoutMillis: 5000 });
  client.on('error', () => undefined); // the query that fails tells the story
  try {
    await client.connect();
    await use(client);
  } finally {
    await client.end();
  }
}
