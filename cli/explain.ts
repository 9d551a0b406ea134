/** `airtempo explain`: why a run or a task waits, was skipped or failed, and what comes next. */
import { Command } from 'commander';
import type { App } from './app.js';
import { explainRun, type RunExplanation } from './explain/explain-run.js';
import { formatExplanation } from './explain/format-explanation.js';
import { print, printJson, terminalWidth } from './output.js';
import { withTemporal } from './temporal.js';

/** The command. */
export function explainCommand(app: App): Command {
  return new Command('explain')
    .argument('<workflowId>')
    .argument('[taskId]', 'one task; default: all that did not succeed')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  airtempo explain awst_redshift_dag-2018-11-03T00:00:00Z
  airtempo explain awst_redshift_dag-2018-11-03T00:00:00Z run_data_quality_checks
The same by other tools, as far as the run itself knows:
  temporal workflow query --workflow-id ID --name explain --input '"run_data_quality_checks"'`,
    )
    .action(async (workflowId: string, taskId: string | undefined, options: { readonly json?: boolean }) => {
      const explained = await withTemporal(app, (session) => explainRun(session.client, workflowId, taskId));
      show(explained, options.json === true);
    });
}

function show(explained: RunExplanation, asJson: boolean): void {
  if (asJson) printJson(explained);
  else print(formatExplanation(explained, { width: terminalWidth(), now: new Date() }));
}
