/**
 * Looking again at something on AWS that goes on by itself. A look that gets no answer (throttled, out of order,
 * credentials that have just expired) says nothing about it, so it is no failed try; many in a row are.
 */
import type { TaskContext } from '../../core/context.js';
import { isAirtempoError } from '../../core/errors.js';
import { isRecord } from '../../core/outside-value.js';
import { notYet, type NotYet } from '../../core/sensor.js';
import { computeLookAgainMs, MOST_UNANSWERED } from './look-again.js';

/** What earlier looks have left in the heartbeat, beside what the operator keeps there. */
export interface Patience {
  /** This look's number; 1 is the first. */
  readonly looks: number;
  /** Looks before this one that had no answer, in a row. */
  readonly unanswered: number;
}

export function readPatience({ lastHeartbeat }: Pick<TaskContext, 'lastHeartbeat'>): Patience {
  const { looks, unanswered } = isRecord(lastHeartbeat) ? lastHeartbeat : {};
  return {
    looks: typeof looks === 'number' ? looks + 1 : 1,
    unanswered: typeof unanswered === 'number' ? unanswered : 0,
  };
}

/**
 * Looks once. `kept` is what the operator wants to have in the next look's heartbeat. Errors that time does not cure are
 * thrown at once; ACCESS_DENIED is one of them.
 */
export async function patiently<T>(
  ctx: TaskContext,
  mostMs: number,
  look: () => Promise<T>,
  kept: Readonly<Record<string, unknown>> = {},
): Promise<T | NotYet> {
  const { looks, unanswered } = readPatience(ctx);
  try {
    const answer = await look();
    ctx.heartbeat({ ...kept, looks, unanswered: 0 });
    return answer;
  } catch (error) {
    const isSilence =
      isAirtempoError(error) && (error.code === 'AWS_UNAVAILABLE' || error.code === 'CONNECTION_REFUSED');
    ctx.signal.throwIfAborted();
    if (!isSilence || unanswered >= MOST_UNANSWERED) throw error;
    ctx.heartbeat({ ...kept, looks, unanswered: unanswered + 1 });
    ctx.log.warn({ unanswered: unanswered + 1 }, error.message);
    return notYet(`no answer (${String(unanswered + 1)} in a row): ${error.message}`, {
      againIn: computeLookAgainMs(unanswered + 1, mostMs),
    });
  }
}
