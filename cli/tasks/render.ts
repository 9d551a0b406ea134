/** `airtempo tasks render`: a task's arguments and SQL as they would be, without running anything or connecting anywhere. */
import { Command, Option } from 'commander';
import type { SqlDialect } from '../../connections/sql/client.js';
import type { Connection } from '../../core/connection.js';
import { findDag, planRun } from '../../workers/plan-run.js';
import type { App } from '../app.js';
import { print, printJson, say, style } from '../output.js';
import { addRunOptions, readRunInput, type RunInputOptions } from '../run-input.js';
import { DIALECTS, type RenderedSql } from './render-sql.js';
import { type RenderedTask, renderTask } from './render-task.js';

interface RenderOptions extends RunInputOptions {
  readonly dags: readonly string[];
  readonly dialect?: SqlDialect;
  readonly json?: boolean;
}

/** The command. */
export function renderCommand(app: App): Command {
  const command = new Command('render')
    .description('print the arguments and the SQL of a task as a run would have them, without running it')
    .argument('<dagId>')
    .argument('<taskId>')
    .option(
      '--dags <folder...>',
      'DAG folders or files (default: $AIRTEMPO_DAGS, ./dags and the shipped DAGs)',
      [],
    );
  return addRunOptions(command)
    .addOption(
      new Option('--dialect <dialect>', "SQL dialect (default: that of the task's connection)").choices(
        DIALECTS,
      ),
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  airtempo tasks render awst_redshift_dag stage_events --logical-date 2018-11-02 --conf '{"mode":"day"}'
  airtempo tasks render awst_redshift_dag load_songplays_fact_table --dialect redshift
Outputs of other tasks are shown as "<output of task>", elements of mapped lists as "<element of list>". Parameters stay :named in the SQL; their values are shown beside it.`,
    )
    .action((dagId: string, taskId: string, options: RenderOptions) => render(app, dagId, taskId, options));
}

async function render(app: App, dagId: string, taskId: string, options: RenderOptions): Promise<void> {
  const { dags, errors } = await app.loadDags(options.dags);
  for (const { error } of errors) say(`warning: ${error.message}`);
  const dag = findDag(dagId, dags);
  const input = await readRunInput(options);
  const startedAt = new Date().toISOString();
  const { facts } = planRun({ dagId, workflowId: `render-${dagId}`, input, startedAt }, dags);
  const rendered = await renderTask(dag, taskId, facts, {
    variable: app.variables.read,
    dialect: options.dialect ?? ((connId) => findDialect(app, connId)),
    findConnection: (connId) => findForRendering(app, connId),
  });
  if (options.json === true) printJson(app.scrubber.scrubValue(rendered));
  else print(app.scrubber.scrub(formatRendered(rendered)));
  if (rendered.problem !== undefined) process.exitCode = 1;
}

/** That of the connection's type. Reading a connection opens nothing. */
async function findDialect(app: App, connId: string): Promise<SqlDialect> {
  const { type } = await app.registry.get(connId);
  return type === 'redshift' ? 'redshift' : 'postgres';
}

/** The connection, or an empty one of its name where it is not known here: the text then has the defaults. */
async function findForRendering(app: App, connId: string): Promise<Connection> {
  return (await app.registry.find(connId))?.connection ?? { id: connId, type: 'redshift', extra: {} };
}

function formatRendered({ taskId, operator, run, args, problem, sql }: RenderedTask): string {
  const interval = run.dataInterval.map((instant) => instant.replace('.000Z', 'Z')).join(' to ');
  return [
    `${style('bold', taskId)}  ${operator}`,
    style('dim', `${run.runId}  data interval ${interval}`),
    '',
    JSON.stringify(args, undefined, 2),
    ...(problem === undefined
      ? []
      : ['', style('red', `the operator would refuse these arguments: ${problem}`)]),
    ...sql.flatMap(formatSql),
  ].join('\n');
}

function formatSql({ place, dialect, text, parameters, problem }: RenderedSql): readonly string[] {
  const values = Object.entries(parameters).map(([name, value]) => `:${name} = ${JSON.stringify(value)}`);
  return [
    '',
    style('dim', `-- ${place} (${dialect})`),
    ...(problem === undefined ? [] : [style('red', problem)]),
    ...(text === '' ? [] : [text]),
    ...values.map((line) => style('dim', `--   ${line}`)),
  ];
}
