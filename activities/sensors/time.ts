/** The sensors `date_time_sensor` and `time_delta_sensor`: wait for an instant, in two pokes at most. */
import { z } from 'zod';
import { parseDuration, type Duration } from '../../core/duration.js';
import { parseInstant } from '../../core/run-facts.js';
import type { TaskContext } from '../../core/context.js';
import { notYet, sensor, type NotYet } from '../../core/sensor.js';

export interface WaitUntilArgs {
  /** `2018-11-02T06:00:00Z`; without a zone it is UTC. Most often a function of the run. */
  readonly at: string;
}

export interface WaitForArgs {
  /** How long after the end of the run's data interval. */
  readonly delta: Duration;
}

/** Waits for an instant. As Airflow's DateTimeSensor; the option `timeout` must be longer than the wait. */
export const waitUntil = sensor(
  'date_time_sensor',
  ({ args }: { args: WaitUntilArgs }) => look(parseInstant(args.at)),
  {
    args: z.strictObject({ at: z.string() }) satisfies z.ZodType<WaitUntilArgs>,
    summary: ({ at }) => (at === undefined ? 'waits for a time' : `waits until ${at}`),
  },
);

/** Waits for some time after the end of the data interval. As Airflow's TimeDeltaSensor. */
export const waitFor = sensor(
  'time_delta_sensor',
  ({ args, ctx }: { args: WaitForArgs; ctx: TaskContext }) =>
    look(new Date(ctx.dataInterval.end.getTime() + parseDuration(args.delta, 'argument delta'))),
  {
    args: z.strictObject({ delta: z.custom<Duration>() }),
    summary: ({ delta }) => (delta === undefined ? 'waits' : `waits ${String(delta)} after the interval`),
  },
);

/** Longer durations are refused as mistakes; the next poke waits on. */
const LONGEST_MS = 365 * 24 * 3_600_000;

function look(at: Date): true | NotYet {
  const leftMs = at.getTime() - Date.now();
  if (leftMs <= 0) return true;
  return notYet(`it is not ${at.toISOString()} yet`, { againIn: Math.min(leftMs, LONGEST_MS) });
}
