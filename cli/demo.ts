/** `npm run demo`: the nightly warehouse load on real services, from nothing, and what it loaded. */
import { Command } from 'commander';
import type { CheckResult } from '../activities/checks/check.js';
import { connectS3 } from '../connections/s3.js';
import { readDataFolder } from '../local/data-folder/read.js';
import { createSampleData } from '../generator/log/sample-data.js';
import { uploadData } from '../local/data-folder/upload.js';
import type { App } from './app.js';
import { readTables, type TableSample } from './demo-tables.js';
import { withDemoStack } from './demo-stack.js';
import { formatDuration, formatTable, print, say, style } from './output.js';
import { readTaskOutput } from './task-output.js';
import { runUrl, type TemporalSession } from './temporal.js';
import { startRun } from './trigger.js';
import { watchRun } from './watch.js';
import { findDag } from '../workers/plan-run.js';
import { DEFAULT_TASK_QUEUE } from '../core/workflow-options.js';

const DAG_ID = 'awst_redshift_dag';
const BUCKET = 'sparkify';

interface DemoOptions {
  readonly data?: string;
  readonly once?: boolean;
  readonly json?: boolean;
}

/** The last line of `--json`. */
interface DemoResult {
  readonly dagId: string;
  readonly runId: string;
  readonly state: string;
  readonly tables: Readonly<Record<string, number>>;
  readonly checks: readonly { readonly name: string; readonly passed: boolean }[];
  readonly durationMs: number;
}

/** The command. */
export function demoCommand(app: App): Command {
  return new Command('demo')
    .option(
      '--data <dir>',
      'folder with log_data/ and song_data/ (default: $AIRTEMPO_DATA, else generated data)',
    )
    .option('--once', 'stop everything at the end')
    .option('--json', 'print one JSON object as the last line of stdout; all else goes to stderr')
    .addHelpText(
      'after',
      '\nExamples:\n  npm run demo\n  npm run demo -- --once --json\n  npm run demo -- --data ~/sparkify',
    )
    .action((options: DemoOptions) => runDemo(app, options));
}

async function runDemo(app: App, options: DemoOptions): Promise<void> {
  await withDemoStack(app, { once: options.once, command: 'npm run demo' }, async (session, signal) => {
    const result = await loadAndShow(app, session, options, signal);
    if (result.state !== 'success') process.exitCode = 1;
    if (options.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
  });
}

async function loadAndShow(
  app: App,
  session: TemporalSession,
  options: DemoOptions,
  signal: AbortSignal,
): Promise<DemoResult> {
  const startedAt = performance.now();
  await putData(app, options.data ?? app.env['AIRTEMPO_DATA'], signal);
  const { dags } = await app.loadDags([]);
  const { workflowId, executionId } = await startRun(
    session.client,
    findDag(DAG_ID, dags),
    DEFAULT_TASK_QUEUE,
    {},
  );
  const url = runUrl(session.target, workflowId, executionId);
  say(`\n${style('bold', `Run ${workflowId}`)}${url === undefined ? '' : `\n${url}`}\n`);
  const run = await watchRun(session.client, workflowId, signal);
  const durationMs = Math.round(performance.now() - startedAt);
  const samples = await readTables(await app.registry.get('redshift'));
  const checks = await readChecks(session, workflowId);
  showResult(options.json === true ? say : print, samples, checks);
  say(`\n${DAG_ID} ended as ${run.state} in ${formatDuration(durationMs)}`);
  if (run.failure !== undefined) say(run.failure);
  if (url !== undefined) say(`See it in the Web UI: ${url}`);
  return {
    dagId: DAG_ID,
    runId: run.run?.runId ?? workflowId,
    state: run.state,
    tables: Object.fromEntries(samples.map(({ table, count }) => [table, count])),
    checks: checks.map(({ name, passed }) => ({ name, passed })),
    durationMs,
  };
}

async function putData(app: App, folder: string | undefined, signal: AbortSignal): Promise<void> {
  const storage = connectS3(await app.registry.get('aws_credentials'));
  try {
    const files = folder === undefined ? createSampleData().files() : readDataFolder(folder);
    const { uploaded, skipped } = await uploadData(storage.client, BUCKET, files, { signal });
    const source = folder === undefined ? 'generated sample data' : folder;
    say(
      `${style('green', '✔')} s3://${BUCKET} holds ${source}: ${String(uploaded)} files uploaded, ${String(skipped)} were there`,
    );
  } finally {
    storage.close();
  }
}

async function readChecks(session: TemporalSession, workflowId: string): Promise<readonly CheckResult[]> {
  const output = await readTaskOutput(session.client, workflowId, 'run_data_quality_checks');
  return (output as { readonly checks?: readonly CheckResult[] } | undefined)?.checks ?? [];
}

function showResult(
  show: (text: string) => void,
  samples: readonly TableSample[],
  checks: readonly CheckResult[],
): void {
  show(
    `\n${formatTable(
      ['table', 'rows'],
      samples.map(({ table, count }) => [table, count.toLocaleString('en')]),
    )}`,
  );
  for (const { table, columns, rows } of samples) {
    if (rows.length > 0) show(`\n${style('bold', table)}, five rows\n${formatTable(columns, rows)}`);
  }
  const lines = checks.map(({ name, passed, found, expected }) => [
    passed ? style('green', '✔') : style('red', '✘'),
    name,
    `found ${String(found)}, expected ${expected}`,
  ]);
  if (lines.length > 0)
    show(`\n${style('bold', 'Data-quality checks')}\n${formatTable(['', 'check', ''], lines)}`);
}
