/** `airtempo insights`: what event data says, as tables and as a report. */
import { Command } from 'commander';
import type { App } from './app.js';
import { registerDemo } from './insights/demo.js';
import { registerList } from './insights/list.js';
import { registerRun } from './insights/run.js';

/** The command group. */
export function insightsCommand(app: App): Command {
  const insights = new Command('insights');
  registerRun(insights, app);
  registerList(insights);
  registerDemo(insights);
  return insights;
}
