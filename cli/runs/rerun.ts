/** `airtempo runs rerun`: runs again what failed in a run, or all of it. */
import { Command, Option } from 'commander';
import { AirtempoError } from '../../core/errors.js';
import { isFinal } from '../../core/states.js';
import type { RunSummary } from '../../workers/runs-client.js';
import type { ClearRequest } from '../../workflows/repairs.js';
import type { RunReport } from '../../workflows/run-report.js';
import type { App } from '../app.js';
import { previewRepair, queryRun } from '../repair/ask-run.js';
import { clearRuns, type ClearOptions, type RunClearing } from '../repair/clear-runs.js';
import { findRun, isOpen } from '../repair/find-run.js';
import { withTemporal, type TemporalSession } from '../temporal.js';

interface RerunOptions extends ClearOptions {
  readonly all?: boolean;
}

const HELP = `
--failed means tasks that are failed or upstream_failed, and in a run that was stopped also those that never started. A terminated
run goes on with whatever it had not ended. The run keeps its graph, its dates and its conf; task code is the workers' current one.

Examples:
  airtempo runs rerun awst_redshift_dag-2018-11-03T00:00:00Z --failed --yes --watch
  airtempo runs rerun awst_redshift_dag-2018-11-03T00:00:00Z --all`;

/** The command. */
export function rerunCommand(app: App): Command {
  return new Command('rerun')
    .description('run again what failed in a run, or all of it; shows the tasks and asks first')
    .argument('<workflowId>')
    .addOption(new Option('--failed', 'only what failed (the default)').conflicts('all'))
    .option('--all', 'every task, from the beginning')
    .option('-y, --yes', 'do not ask')
    .option('--dry-run', 'show what would run again, and change nothing')
    .option('-w, --watch', 'follow the run to its end; exit code 1 if it fails')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((workflowId: string, options: RerunOptions) =>
      withTemporal(app, async (session) => {
        const run = await findRun(session.client, workflowId);
        await clearRuns(session, [await plan(session, run, options)], options);
      }),
    );
}

async function plan(
  { client }: TemporalSession,
  run: RunSummary,
  { all = false }: RerunOptions,
): Promise<RunClearing> {
  const report = await queryRun<RunReport>(client, run, 'state');
  const request = all ? {} : requestFailed(report);
  if (request !== undefined) {
    return { run, request, tasks: await previewRepair(client, run, { kind: 'clear', ...request }) };
  }
  const goesOn = !isOpen(run) && report.tasks.some(({ state }) => !isFinal(state));
  if (goesOn) return { run, tasks: [] };
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `No task of the run ${run.workflowId} has failed (${run.status}). For every task from the beginning: "airtempo runs rerun ${run.workflowId} --all".`,
  );
}

/** Undefined when nothing failed. */
function requestFailed({ tasks, cancelled }: RunReport): ClearRequest | undefined {
  const wanted = tasks.filter(({ state, startedAt }) => {
    const neverStarted = cancelled && state === 'skipped' && startedAt === undefined;
    return state === 'failed' || state === 'upstream_failed' || neverStarted;
  });
  return wanted.length === 0 ? undefined : { tasks: wanted.map(({ id }) => id) };
}
