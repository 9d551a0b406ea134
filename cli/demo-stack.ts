/** The stack that a demo shows itself on: the one that runs already, else one of its own, which stays up until Ctrl-C. */
import { AirtempoError } from '../core/errors.js';
import { readRunningStack } from '../local/running-stack.js';
import type { App } from './app.js';
import { startDevStack, type DevExtra, type DevStack } from './dev-stack.js';
import { say } from './output.js';
import { connectTemporal, type TemporalSession } from './temporal.js';
import { waitForStop } from './wait-for-stop.js';

export interface DemoStackOptions {
  /** Stops everything at the end. */
  readonly once?: boolean | undefined;
  /** What starts the demo again, in another terminal. */
  readonly command: string;
  /** What the demo needs besides. */
  readonly needs?: 'kafka' | undefined;
  /** Run before a stack is started: what is missing should be said before minutes have passed. */
  readonly prepare?: ((signal: AbortSignal) => Promise<void>) | undefined;
}

/** Shows the demo on a stack. Throws SERVICE_NOT_READY when the one that runs lacks a service. */
export async function withDemoStack(
  app: App,
  options: DemoStackOptions,
  show: (session: TemporalSession, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = waitForStop();
  let own: DevStack | undefined;
  try {
    own = await findOrStart(app, options, stop.signal);
    const session = await connectTemporal(app);
    try {
      await show(session, stop.signal);
    } finally {
      await session.close();
    }
    if (own !== undefined && options.once !== true) await stayUp(own, options.command, stop.requested);
  } finally {
    await own?.stop();
    stop.dispose();
  }
}

async function findOrStart(
  app: App,
  { needs, prepare }: DemoStackOptions,
  signal: AbortSignal,
): Promise<DevStack | undefined> {
  const running = await readRunningStack(app.home);
  if (running !== undefined) {
    if (needs !== undefined && running[needs] === undefined) {
      throw new AirtempoError(
        'SERVICE_NOT_READY',
        `The local stack that process ${String(running.ownerPid)} runs has no Kafka. End it with Ctrl-C, then start this again, or "airtempo dev --with kafka" before it.`,
      );
    }
    say(`Using the local stack that process ${String(running.ownerPid)} runs`);
    return undefined;
  }
  await prepare?.(signal);
  const extras: readonly DevExtra[] = needs === undefined ? [] : [needs];
  return startDevStack(app, { dags: [], extras }, signal);
}

async function stayUp(stack: DevStack, command: string, requested: Promise<undefined>): Promise<void> {
  say(`\nEverything stays up: try the Web UI, or "${command}" in another terminal. Ctrl-C stops it.`);
  const failure = await Promise.race([stack.failed, requested]);
  if (failure !== undefined) say(`error: ${failure}`);
}
