/** `airtempo runs`: what can be asked of runs, and the repairs of whole runs. One file a subcommand, in cli/runs/. */
import { Command } from 'commander';
import type { App } from './app.js';
import { controlCommands } from './runs/control.js';
import { listCommand } from './runs/list.js';
import { logsCommand } from './runs/logs.js';
import { markRunCommand } from './runs/mark.js';
import { rerunCommand } from './runs/rerun.js';
import { showCommand } from './runs/show.js';
import { withTemporal } from './temporal.js';
import { watchToEnd } from './watch.js';

/** The command group. */
export function runsCommand(app: App): Command {
  const runs = new Command('runs');
  runs.addCommand(listCommand(app));
  runs.addCommand(showCommand(app));
  runs
    .command('watch <workflowId>')
    .description('follow a run to its end; exit code 1 if it fails')
    .option('--json', 'print the run as JSON at the end')
    .action((id: string, options: { json?: boolean }) =>
      withTemporal(app, (session) => watchToEnd(session, id, options)),
    );
  runs.addCommand(logsCommand(app));
  runs.addCommand(rerunCommand(app));
  runs.addCommand(markRunCommand(app));
  for (const command of controlCommands(app)) runs.addCommand(command);
  return runs;
}
