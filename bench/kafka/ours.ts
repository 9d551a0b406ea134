/** One run of our side, as a process of its own: the operator that the DAG runs. Prints a line of JSON. */
import { kafkaIngest } from '../../activities/kafka-ingest.js';
import type { KafkaIngestArgs } from '../../activities/kafka/ingest-args.js';
// what a worker has loaded since its first ingest
import '../../activities/kafka/topic-reader.js';
import '../../activities/kafka/warehouse-sink.js';
import type { Connection } from '../../core/connection.js';
import { createContext } from '../load/context.js';

export interface OursInput {
  readonly kafka: Connection;
  readonly postgres: Connection;
  readonly args: KafkaIngestArgs;
}

/** What our process tells of itself. */
export interface OursReport {
  readonly wallS: number;
  readonly peakRssMb: number;
}

/** Ingests, and reports how long that took without the start of Node. */
export async function runOurs({ kafka, postgres, args }: OursInput): Promise<void> {
  const before = performance.now();
  await kafkaIngest({ args, ctx: createContext({ kafka, postgres }) });
  const wallS = (performance.now() - before) / 1000;
  const report: OursReport = { wallS, peakRssMb: process.resourceUsage().maxRSS / 1024 };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
