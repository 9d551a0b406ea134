/** `airtempo runs pause`, `resume` and `cancel`: what a running run can be told. */
import { Command } from 'commander';
import type { App } from '../app.js';
import { confirm } from '../confirm.js';
import { findRun, isOpen } from '../repair/find-run.js';
import { askOpenRun, hasEnded } from '../repair/repair-run.js';
import { reportRepair, type ReportOptions } from '../repair/report-repair.js';
import { runUrl, withTemporal, type TemporalSession } from '../temporal.js';

interface CancelOptions extends ReportOptions {
  readonly yes?: boolean;
}

/** The three commands. */
export function controlCommands(app: App): readonly Command[] {
  return [
    updateCommand(app, 'pause', 'start no further task of a run; what runs goes on'),
    updateCommand(app, 'resume', 'let a paused run go on'),
    cancelCommand(app),
  ];
}

function updateCommand(app: App, name: 'pause' | 'resume', description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<workflowId>')
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExample:\n  airtempo runs ${name} awst_redshift_dag-2018-11-03T00:00:00Z`)
    .action((workflowId: string, options: ReportOptions) =>
      withTemporal(app, async (session) =>
        reportRepair(session, await askOpenRun(session, workflowId, name), options),
      ),
    );
}

function cancelCommand(app: App): Command {
  return new Command('cancel')
    .description('stop a run: running tasks are cancelled, teardowns still run; asks first')
    .argument('<workflowId>')
    .option('-y, --yes', 'do not ask')
    .option('-w, --watch', 'follow the run to its end')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  airtempo runs cancel awst_redshift_dag-2018-11-03T00:00:00Z --yes')
    .action((workflowId: string, options: CancelOptions) =>
      withTemporal(app, (session) => cancel(session, workflowId, options)),
    );
}

async function cancel(session: TemporalSession, workflowId: string, options: CancelOptions): Promise<void> {
  const run = await findRun(session.client, workflowId);
  if (!isOpen(run)) throw hasEnded(run, 'cancel');
  if (!(await confirm(`Cancel the run ${workflowId}?`, options))) return;
  await session.client.workflow.getHandle(workflowId).cancel();
  const url = runUrl(session.target, workflowId, run.executionId);
  const done = 'asked to stop: running tasks are told, then teardowns run';
  const told = { workflowId, executionId: run.executionId, done, ...(url === undefined ? {} : { url }) };
  await reportRepair(session, told, options);
}
