/** `airtempo kafka`: streams, and what is beside an ingest. */
import { Command } from 'commander';
import type { App } from './app.js';
import { registerDeploySpark } from './kafka/deploy-spark.js';
import { registerDemo } from './kafka/demo.js';
import { registerDlq } from './kafka/dlq.js';
import { registerProduce } from './kafka/produce.js';
import { registerStream } from './kafka/stream.js';
import { registerWatch } from './kafka/watch.js';

/** The command group. */
export function kafkaCommand(app: App): Command {
  const kafka = new Command('kafka');
  registerDeploySpark(kafka, app);
  registerDemo(kafka, app);
  registerDlq(kafka, app);
  registerProduce(kafka, app);
  registerStream(kafka, app);
  registerWatch(kafka, app);
  return kafka;
}
