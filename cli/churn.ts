/** `airtempo churn`: who will cancel. Features of events, a model, and its card. */
import { Command } from 'commander';
import type { App } from './app.js';
import { registerDemo } from './churn/demo.js';
import { registerFeatures } from './churn/features.js';
import { registerReport } from './churn/report.js';
import { registerTrain } from './churn/train.js';

/** The command group. */
export function churnCommand(app: App): Command {
  const churn = new Command('churn');
  registerFeatures(churn);
  registerTrain(churn, app);
  registerReport(churn);
  registerDemo(churn, app);
  return churn;
}
