/** Reads what a run has left in its history: the record that the Web UI, a replay and an auditor see. */
import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';

export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
export type HistoryEvent = NonNullable<History['events']>[number];

export async function fetchEvents(handle: WorkflowHandle): Promise<readonly HistoryEvent[]> {
  return (await handle.fetchHistory()).events ?? [];
}

/** The events that scheduled an activity, with what was asked of it. */
export function scheduledActivities(events: readonly HistoryEvent[]): readonly ScheduledActivity[] {
  return events.flatMap((event) => {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (!scheduled) return [];
    return [
      {
        activityId: scheduled.activityId ?? '',
        activityType: scheduled.activityType?.name ?? '',
        summary: decode(event.userMetadata?.summary),
        retry: scheduled.retryPolicy ?? {},
        input: decode(scheduled.input?.payloads?.[0]),
      },
    ];
  });
}

export interface ScheduledActivity {
  readonly activityId: string;
  readonly activityType: string;
  readonly summary: unknown;
  readonly retry: NonNullable<
    NonNullable<HistoryEvent['activityTaskScheduledEventAttributes']>['retryPolicy']
  >;
  readonly input: unknown;
}

/** How often the task was tried, by the event of its last try. */
export function attemptsOf(events: readonly HistoryEvent[], activityId: string): number {
  const scheduled = events.find(
    (event) => event.activityTaskScheduledEventAttributes?.activityId === activityId,
  );
  const started = events.find((event) =>
    scheduled?.eventId?.eq(event.activityTaskStartedEventAttributes?.scheduledEventId ?? -1),
  );
  return started?.activityTaskStartedEventAttributes?.attempt ?? 0;
}

export async function historyBytes(handle: WorkflowHandle): Promise<number> {
  return (await handle.describe()).historySize ?? Number.NaN;
}

export function decode(payload: Payload | null | undefined): unknown {
  return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
}
