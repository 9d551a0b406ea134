/** `airtempo data`: making event data and checking it. */
import { Command } from 'commander';
import { registerGenerate } from './data/generate.js';

/** The command group. */
export function dataCommand(): Command {
  const data = new Command('data').description('make event data of invented listeners');
  registerGenerate(data);
  return data;
}
