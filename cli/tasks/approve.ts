/** `airtempo tasks approve` and `reject`: somebody's decision about an approval task. */
import { userInfo } from 'node:os';
import { Command } from 'commander';
import type { App } from '../app.js';
import { askOpenRun } from '../repair/repair-run.js';
import { reportRepair, type ReportOptions } from '../repair/report-repair.js';
import { withTemporal } from '../temporal.js';

interface DecideOptions extends ReportOptions {
  readonly by: string;
  readonly comment?: string;
}

/** Both commands. */
export function approvalCommands(app: App): readonly Command[] {
  return [
    decideCommand(app, 'approve', 'let a run go on that waits for an approval'),
    decideCommand(app, 'reject', 'decide against what a run waits for'),
  ];
}

function decideCommand(app: App, name: 'approve' | 'reject', description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<workflowId>')
    .argument('<taskId>', 'the approval task')
    .option('--by <name>', 'who decides', userName())
    .option('--comment <text>', 'why; kept with the decision')
    .option('-w, --watch', 'follow the run to its end; exit code 1 if it fails')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `\nExample:\n  airtempo tasks ${name} publish-2018-11-03T00:00:00Z check_figures --comment 'seen by Ada'`,
    )
    .action((workflowId: string, task: string, { by, comment, ...options }: DecideOptions) =>
      withTemporal(app, async (session) => {
        const why = comment === undefined ? {} : { comment };
        const decision = { task, approved: name === 'approve', by, ...why };
        await reportRepair(session, await askOpenRun(session, workflowId, 'approve', decision), options);
      }),
    );
}

/** Containers may have a user without a name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}
