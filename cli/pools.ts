/** `airtempo pools`: the pools that airtempo.config.ts declares, and the tasks that use them. */
import { Command } from 'commander';
import type { Dag } from '../core/dag.js';
import type { App } from './app.js';
import { formatTable, print, printJson, say } from './output.js';
import { findUnknownPools } from './validate-dags.js';

interface ListOptions {
  readonly dags: readonly string[];
  readonly json?: boolean;
}

/** The command group. */
export function poolsCommand(app: App): Command {
  const pools = new Command('pools');
  pools
    .command('list')
    .description('list the pools of airtempo.config.ts, with the tasks that name them')
    .option(
      '--dags <folder...>',
      'DAG folders or files (default: $AIRTEMPO_DAGS, ./dags and the shipped DAGs)',
      [],
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  airtempo pools list --json')
    .action((options: ListOptions) => list(app, options));
  return pools;
}

async function list(app: App, options: ListOptions): Promise<void> {
  const { config, file } = await app.loadConfig();
  const { dags, errors } = await app.loadDags(options.dags);
  for (const { error } of errors) say(`warning: ${error.message}`);
  const all = [...dags.values()];
  for (const { place, message } of findUnknownPools(all, config.pools)) say(`warning: ${place}: ${message}`);
  const rows = Object.entries(config.pools)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { slots, description }]) => ({ name, slots, tasks: tasksOf(all, name), description }));
  if (options.json === true) return printJson({ file, pools: rows });
  if (rows.length === 0) {
    say(file === undefined ? 'There is no airtempo.config.ts here.' : `${file} declares no pool.`);
    say('Declare one: export default defineConfig({ pools: { redshift: { slots: 4 } } });');
    return;
  }
  print(
    formatTable(
      ['pool', 'slots', 'tasks', 'description'],
      rows.map(({ name, slots, tasks, description }) => [
        name,
        String(slots),
        String(tasks.length),
        description ?? '',
      ]),
    ),
  );
}

/** The tasks that name a pool, as `dag.task`. */
function tasksOf(dags: readonly Dag[], pool: string): readonly string[] {
  return dags.flatMap(({ id, graph }) =>
    graph.tasks.filter(({ execution }) => execution.pool === pool).map((task) => `${id}.${task.id}`),
  );
}
