/** `airtempo kafka`: what is beside an ingest. */
import { Command } from 'commander';
import type { App } from './app.js';
import { registerProduce } from './kafka/produce.js';

/** The command group. */
export function kafkaCommand(app: App): Command {
  const kafka = new Command('kafka');
  registerProduce(kafka, app);
  return kafka;
}
