/** `airtempo tasks mark`: gives a task a state by hand. */
import { Argument, Command } from 'commander';
import { TASK_OUTCOMES, type TaskOutcome } from '../../core/run.js';
import type { App } from '../app.js';
import { reportRepair, type ReportOptions } from '../repair/report-repair.js';
import { repairRun } from '../repair/repair-run.js';
import { withTemporal } from '../temporal.js';

interface MarkOptions extends ReportOptions {
  readonly note?: string;
}

const HELP = `
What runs of the task is cancelled. Tasks below it that have their state already keep it: clear them to let them run.
A run that has ended is taken up again, and ends with the result that follows.

Example:
  airtempo tasks mark awst_redshift_dag-2018-11-03T00:00:00Z stage_events success --note 'loaded by hand'`;

/** The command. */
export function markTaskCommand(app: App): Command {
  return new Command('mark')
    .description('set the state of a task by hand')
    .argument('<workflowId>')
    .argument('<taskId>')
    .addArgument(new Argument('<state>', 'the state to give it').choices([...TASK_OUTCOMES]))
    .option('--note <text>', 'why; kept as the message of the task')
    .option('-w, --watch', 'follow the run to its end; exit code 1 if it fails')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((workflowId: string, task: string, state: TaskOutcome, options: MarkOptions) =>
      withTemporal(app, async (session) => {
        const note = options.note === undefined ? {} : { note: options.note };
        const repaired = await repairRun(session, workflowId, { kind: 'mark_task', task, state, ...note });
        await reportRepair(session, repaired, options);
      }),
    );
}
