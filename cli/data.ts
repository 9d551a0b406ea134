/** `airtempo data`: making event data and checking it. */
import { Command } from 'commander';
import type { App } from './app.js';
import { registerCheck } from './data/check.js';
import { registerGenerate } from './data/generate.js';

/** The command group. */
export function dataCommand(app: App): Command {
  const data = new Command('data');
  registerGenerate(data, app);
  registerCheck(data, app);
  return data;
}
