/** What is done while faults happen, and its end: a stream from Kafka, the producer of its messages, and the load. */
import { waitUntil } from '../local/wait-until.js';
import type { CliProject } from '../test/support/cli.js';
import { queryText } from './checks/read-tables.js';
import { readEnd } from './checks/read-letters.js';
import type { DayFile } from './data.js';
import { insist } from './insist.js';
import { createLoad, type Load } from './load.js';
import { startSending, TOPIC, type Sending } from './messages.js';
import type { Setting } from './set-up.js';

export interface Work {
  readonly load: Load;
  readonly sending: Sending;
  /** Rejects as soon as a run fails. */
  readonly failed: Promise<never>;
  /** Begins nothing more, waits for the end of everything, and returns the days that were loaded. */
  finish(): Promise<readonly DayFile[]>;
}

const STREAM = `${TOPIC}-warehouse`;

/** Begins everything. `signal` breaks all of it off. */
export async function startWork(setting: Setting, signal: AbortSignal): Promise<Work> {
  const { client, data, project, services } = setting;
  const start = ['kafka', 'stream', 'start', TOPIC, '--warehouse', 'redshift', '--interval', '1s'];
  const started = insist(() => runCommand(project, start), signal); // it waits for the first portion
  const stop = new AbortController();
  const load = createLoad(client, data.days, signal);
  const sending = startSending(services.proxied.kafka, data.messages, { stop: stop.signal, signal });
  const loaded = load.run(stop.signal);
  const failed = new Promise<never>((_, reject) => {
    loaded.catch(reject);
    sending.ended.catch(reject);
    started.catch(reject);
  });
  failed.catch(() => undefined); // whoever waits for it is told
  return {
    load,
    sending,
    failed,
    finish: async () => {
      stop.abort();
      const [days] = await Promise.all([loaded, sending.ended, started]);
      await load.ingestLake();
      await waitForStream(setting, signal);
      await insist(() => runCommand(project, ['kafka', 'stream', 'stop', STREAM]), signal);
      return days;
    },
  };
}

async function runCommand(project: CliProject, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await project.run(args);
  if (code !== 0)
    throw new Error(`airtempo ${args.join(' ')} ended with ${String(code)}: ${stdout}${stderr}`);
}

/** Until the warehouse has what the topic has. */
async function waitForStream({ services: { direct } }: Setting, signal: AbortSignal): Promise<void> {
  const end = await readEnd(direct.kafka, TOPIC);
  const isThere = async (): Promise<boolean> => {
    const [row] = await queryText(direct.postgres, 'SELECT SUM(next_offset)::bigint FROM kafka_positions');
    return row?.[0] === String(end);
  };
  await waitUntil(isThere, { timeoutMs: Number.POSITIVE_INFINITY, intervalMs: 500, signal });
}
