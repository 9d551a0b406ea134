/** `airtempo tasks`: render a task; clear, mark, retry, approve and reject tasks of a run. */
import { Command } from 'commander';
import type { App } from './app.js';
import { approvalCommands } from './tasks/approve.js';
import { clearCommand } from './tasks/clear.js';
import { markTaskCommand } from './tasks/mark.js';
import { renderCommand } from './tasks/render.js';
import { retryCommand } from './tasks/retry.js';

/** The command group. */
export function tasksCommand(app: App): Command {
  const tasks = new Command('tasks');
  tasks.addCommand(renderCommand(app));
  tasks.addCommand(clearCommand(app));
  tasks.addCommand(markTaskCommand(app));
  tasks.addCommand(retryCommand(app));
  for (const command of approvalCommands(app)) tasks.addCommand(command);
  return tasks;
}
