/** `connections import` and `export`: moving connections between machines, and from Airflow. */
import { readFile, stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { Option } from 'commander';
import { AirtempoError } from '../../core/errors.js';
import type { Connection } from '../../core/connection.js';
import { writeFileAtomically } from '../../connections/atomic-file.js';
import type { ConnectionsCommandDeps } from './deps.js';
import { readInput } from './read-input.js';
import { formatJson } from './render.js';
import { formatTransfer, parseTransfer, TRANSFER_FORMATS, type TransferFormat } from './transfer-format.js';

interface ImportOptions {
  readonly format?: TransferFormat;
  readonly overwrite?: true;
  readonly skipInvalid?: true;
  readonly json?: true;
}

interface ExportOptions {
  readonly format?: TransferFormat;
  readonly overwrite?: true;
  readonly showSecrets?: true;
  readonly json?: true;
}

const IMPORT_HELP = `
Reads the JSON that "airflow connections export --file-format json" writes, and env files with lines
AIRTEMPO_CONN_<ID>=…, AIRFLOW_CONN_<ID>=… or <id>=…. Nothing is stored when one connection is wrong,
unless --skip-invalid is given.

Examples:
  $ airtempo connections import connections.json
  $ airtempo connections import .env --overwrite
  $ airtempo connections import - < connections.json`;

const EXPORT_HELP = `
The file holds the secrets in clear; it can be read by its owner only. Connections in environment
variables are not exported.

Examples:
  $ airtempo connections export connections.json
  $ airtempo connections export connections.env
  $ airtempo connections export - --show-secrets`;

function usage(message: string): never {
  throw new AirtempoError('INVALID_ARGUMENT', message);
}

async function readSource(deps: ConnectionsCommandDeps, file: string): Promise<string> {
  if (file === '-') return readInput(deps.stdin, 'the connections');
  if (/\.ya?ml$/i.test(file)) {
    return usage(
      `${file} is YAML, which is not read: export it with "airflow connections export --file-format json".`,
    );
  }
  return readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new AirtempoError('INVALID_ARGUMENT', `${file} cannot be read (${cause.code}).`, { cause });
  });
}

async function importConnections(
  deps: ConnectionsCommandDeps,
  file: string,
  options: ImportOptions,
): Promise<void> {
  const place = file === '-' ? 'standard input' : file;
  const { connections, problems } = parseTransfer(place, await readSource(deps, file), options.format);
  if (problems.length > 0 && options.skipInvalid !== true) {
    const list = problems.map((problem) => `\n- ${problem}`).join('');
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Nothing was imported from ${place}; correct it, or add --skip-invalid to import the other ${connections.length}:${list}`,
    );
  }
  const { written, skipped } = await deps.store.put(connections, { overwrite: options.overwrite === true });
  for (const problem of problems) deps.stderr.write(`Warning: skipped: ${problem}\n`);
  if (options.json === true) {
    deps.stdout.write(formatJson({ imported: written, skipped, invalid: problems }));
    return;
  }
  for (const id of skipped)
    deps.stderr.write(`Warning: skipped "${id}", which exists (--overwrite replaces it).\n`);
  deps.stdout.write(
    `Imported ${written.length} of ${connections.length + problems.length} connections from ${place}.\n`,
  );
}

async function readStored(deps: ConnectionsCommandDeps): Promise<readonly Connection[]> {
  return (await deps.store.list()).map((entry) => {
    // an export that lacks a connection looks complete until it is needed
    if ('problem' in entry) throw entry.problem;
    return entry.connection;
  });
}

async function checkTarget(file: string, overwrite: boolean): Promise<void> {
  const existing = await stat(file).catch(() => undefined);
  if (existing === undefined) return;
  if (!existing.isFile())
    usage(`${file} is not a regular file: give the name of one, or - for standard output.`);
  if (!overwrite) usage(`${file} exists: add --overwrite to replace it.`);
}

async function exportConnections(
  deps: ConnectionsCommandDeps,
  file: string,
  options: ExportOptions,
): Promise<void> {
  if (file === '-' && options.showSecrets !== true) {
    usage('An export holds the passwords in clear: add --show-secrets to print it, or name a file.');
  }
  if (file !== '-') await checkTarget(file, options.overwrite === true);
  const connections = await readStored(deps);
  const text = formatTransfer(connections, options.format ?? (/\.env$/i.test(file) ? 'env' : 'json'));
  if (file === '-') {
    deps.stdout.write(text);
    return;
  }
  await writeFileAtomically(file, text);
  const count = connections.length;
  if (options.json === true)
    deps.stdout.write(formatJson({ file, exported: connections.map(({ id }) => id) }));
  else
    deps.stdout.write(
      `Exported ${count} connections to ${file}, secrets in clear, readable by its owner only.\n`,
    );
}

/** Adds the subcommands `import` and `export`. */
export function registerTransfer(connections: Command, deps: ConnectionsCommandDeps): void {
  const format = (): Option =>
    new Option('--format <format>', 'json or env (default: by content or name)').choices(TRANSFER_FORMATS);
  connections
    .command('import')
    .description('Store the connections of a file')
    .argument('<file>', 'JSON or env file; - for standard input')
    .addOption(format())
    .option('--overwrite', 'replace connections that exist')
    .option('--skip-invalid', 'import the others when some are wrong or of unknown type')
    .option('--json', 'print JSON')
    .addHelpText('after', IMPORT_HELP)
    .action((file: string, options: ImportOptions) => importConnections(deps, file, options));
  connections
    .command('export')
    .description('Write the connections of the encrypted file to a file in clear')
    .argument('<file>', 'file to write; - for standard output, with --show-secrets')
    .addOption(format())
    .option('--overwrite', 'replace the file')
    .option('--show-secrets', 'allow standard output')
    .option('--json', 'print what was exported as JSON')
    .addHelpText('after', EXPORT_HELP)
    .action((file: string, options: ExportOptions) => exportConnections(deps, file, options));
}
