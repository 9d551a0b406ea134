/** The activity `wait_for_past`: adapts one Temporal activity attempt to `waitForPast`. */
import { Context } from '@temporalio/activity';
import type { PastAnswer, PastRequest } from '../workflows/contract.js';
import { waitForPast, type PastEnvironment } from './wait-for-past.js';

/** Makes the activity of one worker. */
export function createPastActivity(env: PastEnvironment): (request: PastRequest) => Promise<PastAnswer> {
  return (request) => {
    const context = Context.current();
    const attempt = {
      number: context.info.attempt,
      memory: context.info.heartbeatDetails as unknown,
      remember: (memory: unknown): void => context.heartbeat(memory),
    };
    return waitForPast(request, attempt, env);
  };
}
