/** `connections add`: builds one connection from flags, pipes, the environment and prompts, and stores it. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { AirtempoError } from '../../core/errors.js';
import type { Connection } from '../../core/connection.js';
import {
  maskConnection,
  parseConnection,
  validateConnection,
  type ConnectionFields,
} from '../../connections/index.js';
import { CONNECTION_TYPES, parseConnectionType } from '../../connections/connection-type.js';
import { PASSWORD_VARIABLE } from '../../connections/environment-store.js';
import { validateConnectionId } from '../../connections/validate-connection.js';
import type { ConnectionsCommandDeps } from './deps.js';
import { CONNECTION_PRESETS, type ConnectionPreset } from './presets.js';
import { readInput, trimLineBreak } from './read-input.js';
import { refusePasswordArgument, refuseSecretsInArgument, refuseSecretsInExtra } from './refuse-secrets.js';
import { formatJson, toJsonRecord } from './render.js';

interface AddOptions {
  readonly connType?: string;
  readonly connDescription?: string;
  readonly connHost?: string;
  readonly connLogin?: string;
  readonly connSchema?: string;
  readonly connPort?: string;
  readonly connExtra?: string;
  readonly connUri?: string;
  readonly connUriStdin?: true;
  readonly connJson?: string;
  readonly connJsonStdin?: true;
  readonly connPassword?: string;
  readonly passwordStdin?: true;
  /** false with --no-password */
  readonly password: boolean;
  readonly overwrite?: true;
  readonly json?: true;
}

const EXAMPLES = `
The password is asked for at the terminal, read from standard input (--password-stdin), or taken
from ${PASSWORD_VARIABLE}. It is never an argument.

Two ids come with their fields: aws_credentials (type aws, asks for the access key) and redshift
(type redshift, schema dev, login awsuser, port 5439, asks for host and password).

Examples:
  $ airtempo connections add aws_credentials
  $ airtempo connections add redshift --conn-host my-cluster.abc123.us-west-2.redshift.amazonaws.com
  $ airtempo connections add lake --conn-type s3 --conn-login minioadmin --password-stdin < secret.txt
  $ airtempo connections add db --conn-uri-stdin < uri.txt
  $ airtempo connections add db --conn-type postgres --conn-host localhost --conn-schema dev --no-password`;

/** Flags that describe a whole connection; at most one, and none beside single fields. */
const WHOLE_FLAGS = ['connUri', 'connUriStdin', 'connJson', 'connJsonStdin'] as const;
const FIELD_FLAGS = ['connType', 'connHost', 'connLogin', 'connSchema', 'connPort', 'connExtra'] as const;

function toFlag(name: string): string {
  return `--${name.replace(/[A-Z]/g, (char) => `-${char.toLowerCase()}`)}`;
}

function usage(message: string): never {
  throw new AirtempoError('INVALID_ARGUMENT', message);
}

function checkFlags(options: AddOptions): void {
  if (options.connPassword !== undefined) refusePasswordArgument();
  const whole = WHOLE_FLAGS.filter((flag) => options[flag] !== undefined);
  const fields = FIELD_FLAGS.filter((flag) => options[flag] !== undefined);
  if (whole.length > 1) usage(`Give one of ${whole.map(toFlag).join(' and ')}, not both.`);
  if (whole[0] !== undefined && fields[0] !== undefined) {
    usage(
      `A whole connection (${toFlag(whole[0])}) and single fields (${toFlag(fields[0])}) cannot be mixed.`,
    );
  }
  const fromPipe = options.connUriStdin === true || options.connJsonStdin === true;
  if (fromPipe && options.passwordStdin === true)
    usage('Standard input can hold the connection or the password, not both.');
  if (options.passwordStdin === true && !options.password)
    usage('Give --password-stdin or --no-password, not both.');
}

/** The connection of --conn-uri, --conn-json or standard input, if one of them is given. */
async function readWhole(
  deps: ConnectionsCommandDeps,
  id: string,
  options: AddOptions,
): Promise<Connection | undefined> {
  if (options.connUriStdin === true || options.connJsonStdin === true) {
    return parseConnection(id, await readInput(deps.stdin, 'the connection'), { place: 'standard input' });
  }
  const flag = options.connUri === undefined ? '--conn-json' : '--conn-uri';
  const text = options.connUri ?? options.connJson;
  if (text === undefined) return undefined;
  const connection = parseConnection(id, text, { place: flag });
  refuseSecretsInArgument(flag, connection);
  return connection;
}

/** Asks for the field a preset cannot know, at a terminal. */
async function askRequired(
  deps: ConnectionsCommandDeps,
  preset: ConnectionPreset | undefined,
  options: AddOptions,
) {
  if (preset === undefined) return {};
  const { field, question } = preset.required;
  const given = field === 'host' ? options.connHost : options.connLogin;
  if (given !== undefined) return {};
  const flag = `--conn-${field}`;
  if (deps.prompt !== undefined) {
    const answer = await deps.prompt.text(question);
    return answer === '' && field === 'host'
      ? usage('No host was given: nothing was stored.')
      : { [field]: answer };
  }
  // without a password there is nothing that the login would belong to
  if (field === 'login' && !options.password) return {};
  return usage(`${flag} is missing, and there is no terminal to ask at.`);
}

async function readFields(
  deps: ConnectionsCommandDeps,
  id: string,
  options: AddOptions,
): Promise<ConnectionFields> {
  const preset = CONNECTION_PRESETS.get(id);
  const given: ConnectionFields = {
    type: options.connType ?? preset?.type,
    host: options.connHost,
    schema: options.connSchema ?? preset?.schema,
    login: options.connLogin ?? preset?.login,
    port: options.connPort ?? preset?.port,
    extra: options.connExtra,
  };
  // before anything is asked: nobody likes to type a password for a connection that is refused
  parseConnectionType(`Connection "${id}"`, given.type);
  refuseSecretsInExtra(validateConnection(id, given));
  return { ...given, ...(await askRequired(deps, preset, options)) };
}

/** A database has a password, and so has whoever gives half of an AWS key pair. */
function needsPassword(connection: Connection): boolean {
  return connection.type === 'postgres' || connection.type === 'redshift' || connection.login !== undefined;
}

/** The password from standard input, the environment or the terminal; undefined when there is none. */
async function readPassword(deps: ConnectionsCommandDeps, connection: Connection, options: AddOptions) {
  if (!options.password) return undefined;
  const variable = deps.env[PASSWORD_VARIABLE] ?? '';
  if (options.passwordStdin === true) {
    const password = trimLineBreak(await readInput(deps.stdin, 'the password'));
    return password === ''
      ? usage('The password on standard input is empty: use --no-password if there is none.')
      : password;
  }
  if (variable !== '' && connection.password !== undefined) {
    return usage(`The password is given twice, in the connection and in ${PASSWORD_VARIABLE}: unset one.`);
  }
  if (variable !== '' || connection.password !== undefined || !needsPassword(connection))
    return variable || undefined;
  if (deps.prompt !== undefined) {
    const question = CONNECTION_PRESETS.get(connection.id)?.passwordQuestion ?? 'Password';
    return (await deps.prompt.secret(`${question} (empty: none)`)) || undefined;
  }
  return usage(
    `Connection "${connection.id}" has no password, and there is no terminal to ask at: use --password-stdin, ${PASSWORD_VARIABLE}, or --no-password.`,
  );
}

async function buildConnection(
  deps: ConnectionsCommandDeps,
  id: string,
  options: AddOptions,
): Promise<Connection> {
  validateConnectionId(id);
  checkFlags(options);
  const whole = await readWhole(deps, id, options);
  const base = whole ?? validateConnection(id, await readFields(deps, id, options));
  const password =
    (await readPassword(deps, base, options)) ?? (options.password ? base.password : undefined);
  return validateConnection(id, {
    ...base,
    password,
    description: options.connDescription ?? base.description,
  });
}

async function refuseExisting(deps: ConnectionsCommandDeps, id: string): Promise<void> {
  const entries = await deps.store.list();
  if (entries.some((entry) => entry.id === id)) throw explainExisting(deps, id);
}

function explainExisting(deps: ConnectionsCommandDeps, id: string): AirtempoError {
  const place = deps.store.describePlace(id);
  return new AirtempoError(
    'DUPLICATE_ID',
    `There is a connection "${id}" in ${place} already: add --overwrite to replace it, or delete it first.`,
  );
}

async function warnWhenHidden(deps: ConnectionsCommandDeps, id: string): Promise<void> {
  // an unreadable variable hides the new connection just as well
  const found = await deps.registry.find(id).catch((error: Error) => error);
  if (found instanceof Error) deps.stderr.write(`Warning: ${found.message}\n`);
  else if (found !== undefined && found.source !== deps.store.name) {
    deps.stderr.write(
      `Warning: ${found.place} holds "${id}" too and comes first; unset it to use the new connection.\n`,
    );
  }
}

async function add(deps: ConnectionsCommandDeps, id: string, options: AddOptions): Promise<void> {
  const overwrite = options.overwrite === true;
  if (!overwrite) await refuseExisting(deps, id);
  const connection = await buildConnection(deps, id, options);
  const { written } = await deps.store.put([connection], { overwrite });
  if (written.length === 0) throw explainExisting(deps, id);
  await warnWhenHidden(deps, id);
  if (options.json === true) deps.stdout.write(formatJson(toJsonRecord(maskConnection(connection))));
  else
    deps.stdout.write(`Added connection "${id}" (${connection.type}) to ${deps.store.describePlace(id)}.\n`);
}

/** Adds the subcommand `add`. */
export function registerAdd(connections: Command, deps: ConnectionsCommandDeps): void {
  connections
    .command('add')
    .description('Store a connection in the encrypted file')
    .argument('<conn_id>', 'name that DAGs use, e.g. redshift')
    .option('--conn-type <type>', CONNECTION_TYPES.join(', '))
    .option('--conn-description <text>', 'what it is for')
    .option('--conn-host <host>', 'host name without the port (an S3 server of your own: extra endpoint_url)')
    .option('--conn-login <login>', 'user name, or access key ID')
    .option('--conn-schema <schema>', 'name of the database')
    .option('--conn-port <port>', 'port, 1 to 65535')
    .option('--conn-extra <json>', 'JSON object with further settings, e.g. {"region_name": "us-west-2"}')
    .option('--conn-uri <uri>', 'whole connection as a URI without a password')
    .option('--conn-uri-stdin', 'read the URI from standard input')
    .option('--conn-json <json>', 'whole connection as JSON without a password')
    .option('--conn-json-stdin', 'read the JSON from standard input')
    .option('--password-stdin', 'read the password from standard input')
    .option('--no-password', 'store no password (IAM, default credential chain, trust)')
    .option('--overwrite', 'replace a connection of this id')
    .option('--json', 'print the stored connection as JSON, secrets masked')
    .addOption(new Option('--conn-password <password>', 'refused').hideHelp())
    .addHelpText('after', EXAMPLES)
    .action((id: string, options: AddOptions) => add(deps, id, options));
}
