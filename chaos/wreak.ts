/** Carries out a plan of faults, and undoes each: a killed process is started again, a proxy behaves again. */
import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../local/wait-until.js';
import { WORKERS, type Fault, type Service, type WorkerName } from './plan.js';
import type { S3Mood } from './s3-proxy.js';
import type { Services } from './services.js';
import type { Workers } from './workers.js';

export interface Wreaking {
  readonly services: Services;
  readonly workers: Workers;
  readonly onFault: (fault: Fault) => void;
  readonly signal: AbortSignal;
}

const isWorker = (target: Service | WorkerName): target is WorkerName =>
  (WORKERS as readonly string[]).includes(target);

/** Resolves when the last fault is undone: then everything runs. Faults of one target take turns, others overlap. */
export async function wreak(faults: readonly Fault[], wreaking: Wreaking): Promise<void> {
  const startedAt = performance.now();
  const turns = new Map<string, Promise<void>>();
  for (const fault of faults) {
    await delay(Math.max(0, startedAt + fault.atMs - performance.now()), undefined, {
      signal: wreaking.signal,
    });
    const turn = (turns.get(fault.target) ?? Promise.resolve()).then(() => commit(fault, wreaking));
    turn.catch(() => undefined); // waited for below
    turns.set(fault.target, turn);
  }
  await Promise.all(turns.values());
}

/** Spoilt answers are no fault unless somebody asks: so they last a little longer if nobody does. */
const PATIENCE_MS = 10_000;

async function commit(fault: Fault, { services, workers, onFault, signal }: Wreaking): Promise<void> {
  if (signal.aborted) return;
  onFault(fault);
  const { s3Proxy } = services;
  const last = (): Promise<void> => delay(fault.forMs, undefined, { signal });
  const spoilAnswers = async (mood: S3Mood): Promise<void> => {
    const before = s3Proxy.requests[mood];
    s3Proxy.setMood(mood);
    await last();
    await waitUntil(() => s3Proxy.requests[mood] > before, { timeoutMs: PATIENCE_MS, signal });
    s3Proxy.setMood('pass');
  };
  switch (fault.kind) {
    case 'kill': {
      const owner = isWorker(fault.target) ? workers : services;
      await owner.kill(fault.target as never); // the owner of this very target
      await last();
      return owner.restart(fault.target as never);
    }
    case 'cut':
      return void services.proxies[fault.target].cut();
    case 'hold':
      services.proxies[fault.target].hold();
      await last();
      return services.proxies[fault.target].release();
    case 'refuse':
    case 'ignore':
    case 'lose':
      return spoilAnswers(fault.kind);
  }
}
