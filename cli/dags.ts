/** `airtempo dags`: list, show, grid, pause, unpause, next-execution, trigger, test, validate. */
import { Command } from 'commander';
import { describeTimetable } from '../core/timetable.js';
import type { LoadedDags } from '../workers/dag-loader.js';
import { findDag } from '../workers/plan-run.js';
import type { App } from './app.js';
import { listDags } from './list-dags.js';
import { addSwitchCommands } from './switch-dags.js';
import { describeDag, describeParams, formatDag } from './describe-dag.js';
import { addNextExecutionOptions, printNextExecution, type NextExecutionOptions } from './next-execution.js';
import { gridCommand } from './dags/grid.js';
import { formatMermaid } from './mermaid.js';
import { formatDuration, formatState, print, printJson, say, terminalWidth } from './output.js';
import { formatTaskGraph } from './task-graph.js';
import { connectTemporal, runUrl } from './temporal.js';
import { addRunOptions, readRunInput, type RunInputOptions } from './run-input.js';
import { startRun } from './trigger.js';
import { watchRun } from './watch.js';
import { DEFAULT_TASK_QUEUE } from '../core/workflow-options.js';
import { validateDags } from './validate-dags.js';

interface CommonOptions {
  readonly dags: readonly string[];
  readonly json?: boolean;
}

interface ShowOptions extends CommonOptions {
  readonly graph?: boolean;
  readonly mermaid?: boolean;
  readonly params?: boolean;
}

interface TriggerOptions extends CommonOptions, RunInputOptions {
  readonly taskQueue: string;
  readonly watch?: boolean;
}

/** The command group. */
export function dagsCommand(app: App): Command {
  const dags = new Command('dags');
  const add = (name: string, description: string): Command =>
    dags
      .command(name)
      .description(description)
      .option(
        '--dags <folder...>',
        'DAG folders or files (default: $AIRTEMPO_DAGS, ./dags and the shipped DAGs)',
        [],
      )
      .option('--json', 'print JSON');

  add('list', 'list the DAGs: schedule, whether they are on, next run')
    .addHelpText('after', '\nExample:\n  airtempo dags list')
    .action(async (options: CommonOptions) => listDags(app, await load(app, options), options.json === true));

  addSwitchCommands(dags, app);

  add('show <dagId>', 'show a DAG: schedule, params, and its tasks as a graph')
    .option('--graph', 'draw the graph alone')
    .option('--mermaid', 'print the graph as Mermaid text, for Markdown')
    .option('--params', 'print the JSON Schema of what the conf of a run may be')
    .addHelpText(
      'after',
      `
Examples:
  airtempo dags show awst_redshift_dag
  airtempo dags show awst_redshift_dag --mermaid > dag.mmd
  airtempo dags show awst_redshift_dag --params`,
    )
    .action((dagId: string, options: ShowOptions) => show(app, dagId, options));

  addNextExecutionOptions(
    add('next-execution <dagId>', 'show when a DAG runs next by its timetable, and for which intervals'),
  ).action(async (dagId: string, options: CommonOptions & NextExecutionOptions) => {
    const { dags } = await load(app, options);
    printNextExecution(findDag(dagId, dags), options);
  });

  addRunOptions(add('trigger <dagId>', 'start a run'))
    .option(
      '--task-queue <name>',
      'task queue of the workers',
      app.env['AIRTEMPO_TASK_QUEUE'] ?? DEFAULT_TASK_QUEUE,
    )
    .option('--watch', 'follow the run to its end; exit code 1 if it fails')
    .addHelpText(
      'after',
      `
Examples:
  airtempo dags trigger awst_redshift_dag --watch
  airtempo dags trigger awst_redshift_dag --logical-date 2018-11-02 --conf '{"mode":"day"}'
The same by other tools:
  temporal workflow start --type awst_redshift_dag --task-queue airtempo --input '{"logicalDate":"2018-11-02"}'
  tctl workflow start --workflow_type awst_redshift_dag --taskqueue airtempo --input '{"logicalDate":"2018-11-02"}'`,
    )
    .action((dagId: string, options: TriggerOptions) => trigger(app, dagId, options));

  addRunOptions(add('test <dagId>', 'run a DAG in this process, without Temporal; each task is tried once'))
    .addHelpText('after', '\nExample:\n  airtempo dags test awst_redshift_dag --logical-date 2018-11-02')
    .action((dagId: string, options: TriggerOptions) => test(app, dagId, options));

  dags.addCommand(gridCommand(app));

  add(
    'validate',
    'load every DAG file and check connections and pools; exit code 1 if anything is wrong',
  ).action((options: CommonOptions) => validate(app, options));
  return dags;
}

async function load(app: App, options: CommonOptions): Promise<LoadedDags> {
  const loaded = await app.loadDags(options.dags);
  for (const { error } of loaded.errors) say(`warning: ${error.message}`);
  return loaded;
}

async function show(app: App, dagId: string, options: ShowOptions): Promise<void> {
  const { dags, files } = await load(app, options);
  const dag = findDag(dagId, dags);
  if (options.params === true) return print(JSON.stringify(describeParams(dag), undefined, 2));
  if (options.mermaid === true) return print(formatMermaid(dag.graph.tasks));
  if (options.graph === true) return print(formatTaskGraph(dag.graph.tasks, terminalWidth()));
  const description = {
    ...describeDag(dag),
    file: files.get(dagId),
    timetable: describeTimetable(dag.schedule),
  };
  if (options.json === true) printJson(description);
  else print(formatDag(dag, files.get(dagId) ?? ''));
}

async function trigger(app: App, dagId: string, options: TriggerOptions): Promise<void> {
  const { dags } = await load(app, options);
  const session = await connectTemporal(app);
  try {
    const run = await startRun(
      session.client,
      findDag(dagId, dags),
      options.taskQueue,
      await readRunInput(options),
    );
    const url = runUrl(session.target, run.workflowId, run.executionId);
    if (options.watch !== true) {
      if (options.json === true) printJson({ ...run, url });
      else print([`Started ${run.workflowId}`, ...(url === undefined ? [] : [url])].join('\n'));
      return;
    }
    say(`Started ${run.workflowId}${url === undefined ? '' : `  ${url}`}`);
    const ended = await watchRun(session.client, run.workflowId);
    if (options.json === true) printJson({ ...ended, url });
    if (ended.state !== 'success') {
      say(ended.failure ?? `The run ended as ${ended.status}.`);
      process.exitCode = 1;
    }
  } finally {
    await session.close();
  }
}

async function test(app: App, dagId: string, options: TriggerOptions): Promise<void> {
  const { dags } = await load(app, options);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new Error('interrupted')));
  const { runInProcess } = await import('../workers/run-in-process.js');
  const report = await runInProcess(findDag(dagId, dags), await readRunInput(options), {
    dags,
    registry: app.registry,
    connectionStore: app.connectionStore,
    variables: app.variables,
    scrubber: app.scrubber,
    xcom: app.xcom,
    logger: app.logger,
    signal: stop.signal,
    onChange: ({ taskId, state, durationMs, message }) => {
      if (state === 'scheduled' || state === 'none') return;
      const duration = durationMs === undefined ? '' : `  ${formatDuration(durationMs)}`;
      say(`  ${formatState(state)}  ${taskId}${duration}${message === undefined ? '' : `  ${message}`}`);
    },
  });
  if (options.json === true) printJson(report);
  else print(`${dagId} ${report.run?.runId ?? ''} ended as ${report.state}`);
  if (report.state !== 'success') process.exitCode = 1;
}

async function validate(app: App, options: CommonOptions): Promise<void> {
  const loaded = await app.loadDags(options.dags);
  const { config } = await app.loadConfig();
  const problems = await validateDags(loaded, app.registry, config.pools);
  if (options.json === true) printJson({ dags: [...loaded.dags.keys()].sort(), problems });
  else {
    for (const { place, message } of problems) print(`${place}: ${message}`);
    const sum = problems.length === 0 ? 'no problem' : `${String(problems.length)} problem(s)`;
    print(`${String(loaded.dags.size)} DAGs, ${sum}`);
  }
  if (problems.length > 0) process.exitCode = 1;
}
