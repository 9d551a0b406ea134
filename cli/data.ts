/** `airtempo data`: making event data and checking it. */
import { Command } from 'commander';
import { registerGenerate } from './data/generate.js';

/** The command group. */
export function dataCommand(): Command {
  const data = new Command('data');
  registerGenerate(data);
  return data;
}
