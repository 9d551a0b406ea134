/** Work that Ctrl-C may end: exit code 130, one sentence, and no error. */
import { say } from './output.js';
import { waitForStop } from './wait-for-stop.js';

/** Runs `work` until it ends or is stopped. `stopped` says what has become of it then. */
export async function untilStopped(
  stopped: string,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = waitForStop();
  try {
    await work(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    say(stopped);
    process.exitCode = 130;
  } finally {
    stop.dispose();
  }
}
