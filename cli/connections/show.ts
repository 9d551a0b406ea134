/** `connections get`, `list` and `delete`. Secrets are masked unless `--show-secrets` is given. */
import type { Command } from 'commander';
import { AirtempoError } from '../../core/errors.js';
import { maskConnection, type ConnectionSummary } from '../../connections/index.js';
import type { ConnectionsCommandDeps } from './deps.js';
import { formatConnection, formatJson, formatConnections, toJsonRecord } from './render.js';

interface ShowOptions {
  readonly showSecrets?: true;
  readonly json?: true;
}

interface ListOptions extends ShowOptions {
  readonly connId?: string;
}

async function get(deps: ConnectionsCommandDeps, id: string, options: ShowOptions): Promise<void> {
  const found = await deps.registry.find(id);
  // the registry words the refusal
  const original = found?.connection ?? (await deps.registry.get(id));
  const place = found?.place ?? '';
  const connection = options.showSecrets === true ? original : maskConnection(original);
  if (options.json === true) {
    deps.stdout.write(formatJson({ ...toJsonRecord(connection), source: found?.source, place }));
  } else {
    deps.stdout.write(formatConnection(connection, place));
  }
}

/** Summaries come masked; the secrets are fetched only when they are asked for. */
async function unmask(deps: ConnectionsCommandDeps, summary: ConnectionSummary): Promise<ConnectionSummary> {
  if ('problem' in summary) return summary;
  const found = await deps.registry.find(summary.id);
  return found === undefined ? summary : { ...summary, connection: found.connection };
}

function toListRecord(summary: ConnectionSummary): Record<string, unknown> {
  const { id, source, place, shadowed } = summary;
  const details =
    'problem' in summary ? { conn_id: id, error: summary.problem.message } : toJsonRecord(summary.connection);
  return { ...details, source, place, shadowed };
}

async function list(deps: ConnectionsCommandDeps, options: ListOptions): Promise<void> {
  const showSecrets = options.showSecrets === true;
  const all = await deps.registry.list();
  const chosen = all.filter(({ id }) => options.connId === undefined || id === options.connId);
  const rows = showSecrets ? await Promise.all(chosen.map((summary) => unmask(deps, summary))) : chosen;
  if (options.json === true) {
    deps.stdout.write(formatJson(rows.map(toListRecord)));
    return;
  }
  if (rows.length === 0)
    deps.stdout.write('No connections. Add one with: airtempo connections add redshift\n');
  else deps.stdout.write(formatConnections(rows, showSecrets));
  for (const row of rows) {
    if ('problem' in row) deps.stderr.write(`Warning: ${row.problem.message}\n`);
  }
}

async function remove(deps: ConnectionsCommandDeps, id: string, options: ShowOptions): Promise<void> {
  if (!(await deps.store.delete(id))) {
    const found = await deps.registry.find(id);
    if (found === undefined) await deps.registry.get(id);
    throw new AirtempoError(
      'CONNECTION_NOT_FOUND',
      `Connection "${id}" is in ${found?.place}, not in ${deps.store.describePlace(id)}: remove it there.`,
    );
  }
  if (options.json === true) deps.stdout.write(formatJson({ deleted: id }));
  else deps.stdout.write(`Deleted connection "${id}" from ${deps.store.describePlace(id)}.\n`);
}

/** Adds the subcommands `get`, `list` and `delete`. */
export function registerShow(connections: Command, deps: ConnectionsCommandDeps): void {
  connections
    .command('get')
    .description('Show one connection and where it was found')
    .argument('<conn_id>', 'id of the connection')
    .option('--show-secrets', 'show password and sensitive extras in clear')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ airtempo connections get redshift')
    .action((id: string, options: ShowOptions) => get(deps, id, options));
  connections
    .command('list')
    .description('List every connection with its source: environment variables first, then the file')
    .option('--conn-id <conn_id>', 'only this connection')
    .option('--show-secrets', 'show passwords and extras in clear')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ airtempo connections list --json')
    .action((options: ListOptions) => list(deps, options));
  connections
    .command('delete')
    .description('Delete a connection from the encrypted file')
    .argument('<conn_id>', 'id of the connection')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ airtempo connections delete redshift')
    .action((id: string, options: ShowOptions) => remove(deps, id, options));
}
