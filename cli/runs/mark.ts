/** `airtempo runs mark`: gives a run a result by hand. */
import { Argument, Command } from 'commander';
import type { App } from '../app.js';
import { confirm } from '../confirm.js';
import { repairRun } from '../repair/repair-run.js';
import { reportRepair, type ReportOptions } from '../repair/report-repair.js';
import { withTemporal } from '../temporal.js';

interface MarkOptions extends ReportOptions {
  readonly note?: string;
  readonly yes?: boolean;
}

const HELP = `
Tasks that run are cancelled and take the result, tasks that have not started are skipped, and teardowns still run. The tasks of a
run that has ended keep their states; the run is taken up again only to end with this result.

Example:
  airtempo runs mark awst_redshift_dag-2018-11-03T00:00:00Z success --note 'the day was empty' --yes`;

/** The command. */
export function markRunCommand(app: App): Command {
  return new Command('mark')
    .description('end a run with the result you name; asks first')
    .argument('<workflowId>')
    .addArgument(new Argument('<state>', 'the result to give it').choices(['success', 'failed']))
    .option('--note <text>', 'why; kept with the run')
    .option('-y, --yes', 'do not ask')
    .option('-w, --watch', 'follow the run to its end; exit code 1 if it fails')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((workflowId: string, state: 'success' | 'failed', options: MarkOptions) =>
      withTemporal(app, async (session) => {
        if (!(await confirm(`Mark the run ${workflowId} as ${state}?`, options))) return;
        const note = options.note === undefined ? {} : { note: options.note };
        const repaired = await repairRun(session, workflowId, { kind: 'mark_run', state, ...note });
        await reportRepair(session, repaired, options);
      }),
    );
}
