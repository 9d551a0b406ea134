/** One soak from its start to its verdict: work, faults, peace, then the checks. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { waitUntil } from '../local/wait-until.js';
import { findInBuckets, findInDatabase, findProcesses, findWorkflows } from './checks/leftovers.js';
import { compareTables } from './checks/tables.js';
import type { DayFile } from './data.js';
import { planFaults, type Fault, type PlanOptions } from './plan.js';
import { countFaults, describeFault, describeProgress, type SoakReport } from './report.js';
import { setUp, type Setting } from './set-up.js';
import { startWork, type Work } from './work.js';
import { wreak } from './wreak.js';

export interface SoakOptions extends PlanOptions {
  /** Days of event logs to make. */
  readonly days: number;
  /** How long the work may take to end once the faults are over. */
  readonly settleMs: number;
  /** Whether the folders stay. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
  /** Told what happens, for people. */
  readonly say: (text: string) => void;
}

/** Runs a soak. Nothing that it started is left, however it ends. Throws when it cannot be set up, and when it is aborted. */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const folder = await mkdtemp(path.join(tmpdir(), 'airtempo-chaos-'));
  const undos: (() => Promise<unknown>)[] = [];
  if (!options.keep) undos.push(() => rm(folder, { recursive: true, force: true }));
  const folders = [folder];
  let report: SoakReport;
  try {
    options.say('Starting Temporal, Postgres, S3 and Kafka');
    const { seed, days } = options;
    const setting = await setUp({ folder, seed, days, onUndo: (undo) => undos.push(undo) });
    folders.push(setting.project.dir);
    if (!options.keep) undos.unshift(() => setting.project.remove());
    report = await playAndCheck(setting, options);
  } finally {
    for (const undo of undos.toReversed()) await undo();
    if (options.keep) options.say(`Kept ${folders.join(' and ')}`);
  }
  return { ...report, breaches: [...report.breaches, ...(await findProcesses(folders))] };
}

/** What is known of a soak at any moment. */
interface Course {
  readonly startedAt: number;
  readonly work: Work;
  readonly faults: readonly Fault[];
}

async function playAndCheck(setting: Setting, options: SoakOptions): Promise<SoakReport> {
  const { signal, say } = options;
  const startedAt = performance.now();
  const ending = new AbortController();
  const work = await startWork(setting, AbortSignal.any([signal, ending.signal]));
  const faults: Fault[] = [];
  const course: Course = { startedAt, work, faults };
  const progress = setInterval(
    () =>
      say(describeProgress(work.load.progress(), work.sending.sent().events.length, work.load.open().length)),
    PROGRESS_MS,
  );
  const onFault = (fault: Fault): void => {
    faults.push(fault);
    say(`${secondsSince(startedAt)} s  ${describeFault(fault)}`);
  };
  try {
    const { services, workers } = setting;
    // a run that fails is a breach, which no further fault makes clearer
    await Promise.race([
      wreak(planFaults(options), {
        services,
        workers,
        onFault,
        signal: AbortSignal.any([signal, ending.signal]),
      }),
      work.failed,
    ]);
    say(`${secondsSince(startedAt)} s  no more faults`);
    const days = await finishInTime(work, options.settleMs);
    say(`${secondsSince(startedAt)} s  the work has ended: comparing`);
    return describe(setting, options, course, await check(setting, work, days));
  } catch (error) {
    signal.throwIfAborted();
    const breach = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const open = work.load.open().map((id) => `${id} had not ended`);
    return describe(setting, options, course, { rows: {}, breaches: [breach, ...open] });
  } finally {
    clearInterval(progress);
    ending.abort(new Error('the soak has ended'));
  }
}

const PROGRESS_MS = 10_000;
const secondsSince = (startedAt: number): string =>
  ((performance.now() - startedAt) / 1000).toFixed(0).padStart(5);

async function finishInTime(work: Work, settleMs: number): Promise<readonly DayFile[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `The work had not ended ${String(settleMs / 1000)} s after the last fault`;
    timer = setTimeout(() => reject(new Error(message)), settleMs);
  });
  try {
    return await Promise.race([work.finish(), late]);
  } finally {
    clearTimeout(timer);
  }
}

type Verdict = Pick<SoakReport, 'rows' | 'breaches'>;

const WORKERS_STOP_MS = 60_000;
/** Listings of workflows are a moment behind. */
const LISTING_MS = 10_000;

async function check(
  { services, workers, data }: Setting,
  work: Work,
  days: readonly DayFile[],
): Promise<Verdict> {
  const connection = await Connection.connect({ address: services.direct.temporal });
  const client = new Client({ connection });
  let open: readonly string[] = [];
  await waitUntil(async () => (open = await findWorkflows(client)).length === 0, {
    timeoutMs: LISTING_MS,
    intervalMs: 500,
  });
  await connection.close();
  const late = await workers.stop(WORKERS_STOP_MS);
  const inDatabase = await findInDatabase(services.direct.postgres);
  const inBuckets = await findInBuckets(services.direct.s3, data);
  const { rows, breaches } = await compareTables(services, { data, days, sent: work.sending.sent() });
  return { rows, breaches: [...open, ...late, ...inDatabase, ...inBuckets, ...breaches] };
}

function describe(
  { workers, services }: Setting,
  { seed }: SoakOptions,
  { startedAt, work, faults }: Course,
  verdict: Verdict,
): SoakReport {
  const { events, duplicates, poison } = work.sending.sent();
  return {
    seed,
    seconds: Math.round((performance.now() - startedAt) / 1000),
    faults: countFaults(faults),
    ...work.load.progress(),
    events: events.length,
    duplicates,
    poison: poison.length,
    s3Requests: services.s3Proxy.requests,
    endedWorkers: workers.ended,
    ...verdict,
  };
}
