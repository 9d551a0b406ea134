/** `airtempo tasks retry`: a task that waits for its next try does not wait longer. */
import { Command } from 'commander';
import type { App } from '../app.js';
import { askOpenRun } from '../repair/repair-run.js';
import { reportRepair, type ReportOptions } from '../repair/report-repair.js';
import { withTemporal } from '../temporal.js';

/** The command. */
export function retryCommand(app: App): Command {
  return new Command('retry')
    .description('start the next try of a task now, instead of after its delay')
    .argument('<workflowId>')
    .argument('<taskId>')
    .option('-w, --watch', 'follow the run to its end; exit code 1 if it fails')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  airtempo tasks retry awst_redshift_dag-2018-11-03T00:00:00Z stage_events',
    )
    .action((workflowId: string, task: string, options: ReportOptions) =>
      withTemporal(app, async (session) =>
        reportRepair(session, await askOpenRun(session, workflowId, 'retry_now', { task }), options),
      ),
    );
}
