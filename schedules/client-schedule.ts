/** Between our schedules and those of Temporal's client. Pure: types of the client, no calls. */
import type {
  CalendarSpec,
  CalendarSpecDescription,
  DayOfWeek,
  Month,
  Range,
  ScheduleDescription,
  ScheduleSpec as ClientSpec,
  ScheduleSpecDescription,
  ScheduleUpdateOptions,
  ScheduleOptionsAction,
} from '@temporalio/client';
import { toRanges, type Calendar } from './calendar.js';
import type { DesiredSchedule } from './desired-schedule.js';
import { WORKFLOW_TASK_TIMEOUT_MS } from '../core/workflow-options.js';
import type { ActualSchedule } from './reconcile.js';
import type { ScheduleSpec } from './schedule-spec.js';
import { createView } from './schedule-view.js';

/** Key in a schedule's memo: airtempo made it. A schedule's own memo cannot be changed later. */
const MADE_BY_MEMO = 'airtempo';
const MADE_BY = 'airtempo deploy';

/** Key in the memo of the workflows it starts, which can be changed: what was deployed. */
const DEPLOYED_MEMO = 'airtempoSchedule';

interface Deployed {
  readonly specHash?: unknown;
  readonly timetable?: unknown;
}

/** The memo of a schedule that airtempo makes. */
export const SCHEDULE_MEMO: Readonly<Record<string, unknown>> = { [MADE_BY_MEMO]: MADE_BY };

/** Whether a schedule with this memo was made by airtempo. */
export function isMadeByAirtempo(memo: Readonly<Record<string, unknown>> | undefined): boolean {
  return memo?.[MADE_BY_MEMO] === MADE_BY;
}

/** The schedule as the client takes it, but for its id, memo and state. */
export function toClientOptions(
  desired: DesiredSchedule,
): Omit<ScheduleUpdateOptions<ScheduleOptionsAction>, 'state'> {
  const { specHash, timetable } = desired;
  return {
    spec: toClientSpec(desired.spec),
    action: {
      type: 'startWorkflow',
      workflowType: desired.dagId,
      workflowId: desired.dagId, // the server appends the fire time
      taskQueue: desired.taskQueue,
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
      staticSummary: desired.summary,
      memo: { [DEPLOYED_MEMO]: { specHash, timetable } },
      // no retry policy: a retried run and a later one of the same id would stop the schedule for ever
    },
    policies: { overlap: desired.overlap, catchupWindow: desired.catchupWindowMs },
  };
}

function toClientSpec(spec: ScheduleSpec): ClientSpec {
  return {
    calendars: spec.calendars.map(toClientCalendar),
    intervals: spec.intervals.map(({ everyMs, offsetMs }) => ({ every: everyMs, offset: offsetMs })),
    timezone: spec.timezone,
    jitter: spec.jitterMs,
    ...(spec.startAt === undefined ? {} : { startAt: spec.startAt }),
    ...(spec.endAt === undefined ? {} : { endAt: spec.endAt }),
  };
}

const MONTHS: readonly Month[] = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
];
const WEEKDAYS: readonly DayOfWeek[] = [
  'SUNDAY',
  'MONDAY',
  'TUESDAY',
  'WEDNESDAY',
  'THURSDAY',
  'FRIDAY',
  'SATURDAY',
];

function toClientCalendar(calendar: Calendar): CalendarSpec {
  const named = <Name extends string>(numbers: readonly number[], names: readonly Name[], first: number) =>
    toRanges(numbers).map(({ start, end, step }) => ({
      start: names[start - first]!, // calendars hold months and weekdays that exist
      end: names[end - first]!,
      step,
    }));
  return {
    second: [...toRanges(calendar.seconds)],
    minute: [...toRanges(calendar.minutes)],
    hour: [...toRanges(calendar.hours)],
    dayOfMonth: [...toRanges(calendar.days)],
    month: named(calendar.months, MONTHS, 1),
    year: calendar.years === null ? '*' : [...toRanges(calendar.years)],
    dayOfWeek: named(calendar.weekdays, WEEKDAYS, 0),
  };
}

/** A schedule as the server describes it. */
export function fromDescription(description: ScheduleDescription): ActualSchedule {
  const { action, policies, state } = description;
  const deployed = (action.memo?.[DEPLOYED_MEMO] ?? {}) as Deployed; // checked where it is read
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  return {
    dagId: description.scheduleId,
    isOurs: isMadeByAirtempo(description.memo),
    specHash: text(deployed.specHash),
    timetable: text(deployed.timetable),
    paused: state.paused,
    note: state.note ?? '',
    view: createView({
      dagId: action.workflowType,
      workflowId: action.workflowId ?? '',
      taskQueue: action.taskQueue ?? '',
      spec: fromClientSpec(description.spec),
      overlap: policies.overlap ?? 'SKIP',
      catchupWindowMs: policies.catchupWindow,
      summary: action.staticSummary ?? '',
      taskTimeoutMs: Number(action.workflowTaskTimeout ?? 0), // the description gives milliseconds
      foreign: JSON.stringify(listForeign(description)),
    }),
  };
}

function fromClientSpec(spec: ScheduleSpecDescription): ScheduleSpec {
  return {
    calendars: (spec.calendars ?? []).map(fromClientCalendar),
    intervals: (spec.intervals ?? []).map(({ every, offset }) => ({ everyMs: every, offsetMs: offset ?? 0 })),
    timezone: spec.timezone === undefined || spec.timezone === '' ? 'UTC' : spec.timezone,
    jitterMs: spec.jitter ?? 0,
    ...(spec.startAt === undefined ? {} : { startAt: spec.startAt }),
    ...(spec.endAt === undefined ? {} : { endAt: spec.endAt }),
  };
}

function fromClientCalendar(calendar: CalendarSpecDescription): Calendar {
  const years = fromRanges(calendar.year);
  return {
    seconds: fromRanges(calendar.second),
    minutes: fromRanges(calendar.minute),
    hours: fromRanges(calendar.hour),
    days: fromRanges(calendar.dayOfMonth),
    months: fromNames(calendar.month, MONTHS).map((index) => index + 1),
    years: years.length === 0 ? null : years,
    weekdays: fromNames(calendar.dayOfWeek, WEEKDAYS),
  };
}

function fromRanges(ranges: readonly Range<number>[]): readonly number[] {
  const numbers = new Set<number>();
  for (const { start, end, step } of ranges) {
    for (let value = start; value <= end; value += Math.max(1, step)) numbers.add(value);
  }
  return [...numbers].sort((a, b) => a - b);
}

function fromNames<Name extends string>(
  ranges: readonly Range<Name>[],
  names: readonly Name[],
): readonly number[] {
  return fromRanges(
    ranges.map(({ start, end, step }) => ({ start: names.indexOf(start), end: names.indexOf(end), step })),
  );
}

/** What the schedule has and airtempo never sets. */
function listForeign({
  spec,
  action,
  policies,
  state,
}: ScheduleDescription): Readonly<Record<string, unknown>> {
  const found: Readonly<Record<string, unknown>> = {
    skip: spec.skip?.length === 0 ? undefined : spec.skip,
    input: action.args?.length === 0 ? undefined : action.args,
    retry: action.retry,
    workflowExecutionTimeout: zeroAsNothing(action.workflowExecutionTimeout),
    workflowRunTimeout: zeroAsNothing(action.workflowRunTimeout),
    details: action.staticDetails === '' ? undefined : action.staticDetails,
    pauseOnFailure: policies.pauseOnFailure ? true : undefined,
    remainingActions: zeroAsNothing(state.remainingActions),
  };
  return Object.fromEntries(
    Object.entries(found).filter(([, value]) => value !== undefined && value !== null),
  );
}

function zeroAsNothing(value: unknown): unknown {
  return value === 0 ? undefined : value;
}
