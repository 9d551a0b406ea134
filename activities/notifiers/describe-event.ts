/** An event in a line, and in a few: what notifiers say unless the DAG file says it better. */
import type { CallbackEvent } from '../../core/notifier.js';

const WORDS = {
  on_success: 'succeeded',
  on_failure: 'failed',
  on_retry: 'is tried again',
  on_skipped: 'was skipped',
  on_deadline_missed: 'missed its deadline',
} as const satisfies Record<CallbackEvent['event'], string>;

/** `top_songs.load failed`, or `top_songs failed` for a run. */
export function titleOf({ dagId, taskId, event }: CallbackEvent): string {
  return `${dagId}${taskId === undefined ? '' : `.${taskId}`} ${WORDS[event]}`;
}

/** The title, why, which run, and where to look. */
export function describeEvent(event: CallbackEvent): string {
  const { runId, tryNumber, reason, dataInterval, url } = event;
  const lines = [
    `${titleOf(event)}${tryNumber === undefined || tryNumber === 1 ? '' : ` (try ${tryNumber})`}`,
    ...(reason === undefined ? [] : [reason]),
    `Run ${runId}, data interval ${dataInterval.start.toISOString()} to ${dataInterval.end.toISOString()}`,
    ...(url === undefined ? [] : [url]),
  ];
  return lines.join('\n');
}
