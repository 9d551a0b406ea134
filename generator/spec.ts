/** What to generate: parsed once, from words as a person writes them. Pure. */
import { z } from 'zod';
import { AirtempoError } from '../core/errors.js';

export const SECOND_MS = 1000;
export const DAY_MS = 86_400_000;

/** A span of time, milliseconds since 1970, half-open. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

const DATE = z.iso.date();

/** The most users whose ids are distinct. */
const MAX_USERS = 9_000_000;
/** Session numbers of the log shape are unique among so many users, as the warehouse knows a play by session and item. */
export const MAX_LOG_USERS = 100_000;

const RATE = z.number().min(0).max(1).default(0);
/** Chances of faults, see dirt.ts. */
const DIRT = z.strictObject({ duplicates: RATE, late: RATE, malformed: RATE, doubleEncoded: RATE });

const SPEC = z.strictObject({
  /** `churn`: the 18-column events. `log`: the small files with their songs. */
  shape: z.enum(['churn', 'log']).default('churn'),
  preset: z.enum(['faithful', 'signal', 'strong']).default('signal'),
  users: z.int().min(1).max(MAX_USERS).default(225),
  /** First day, UTC. */
  from: DATE.optional(),
  /** The day after the last one, UTC. */
  to: DATE.optional(),
  seed: z.int().min(0).max(0xffffffff).default(1),
  dirt: DIRT.prefault({}),
  /** Song files of the log shape: one for each of so many most popular songs. */
  songs: z.int().min(1).max(100_000).default(1_000),
});

export type GeneratorSpecInput = z.input<typeof SPEC>;
export type Shape = 'churn' | 'log';

/** A checked request. Its events are a function of it and of the version of the generator. */
export interface GeneratorSpec extends Omit<z.output<typeof SPEC>, 'from' | 'to'> {
  readonly period: Period;
}

/** The months that the original files cover. */
const DEFAULT_PERIODS: Readonly<Record<Shape, readonly [string, string]>> = {
  churn: ['2018-10-01', '2018-12-01'],
  log: ['2018-11-01', '2018-12-01'],
};

/** Parses a request and fills in what it leaves out. Throws INVALID_ARGUMENT. */
export function parseGeneratorSpec(input: GeneratorSpecInput): GeneratorSpec {
  const parsed = SPEC.safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new AirtempoError('INVALID_ARGUMENT', `The data cannot be generated: ${problems.join('; ')}.`);
  }
  const { from, to, ...rest } = parsed.data;
  if (rest.shape === 'log' && rest.users > MAX_LOG_USERS) {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `The log shape is for ${String(MAX_LOG_USERS)} users at most, not ${String(rest.users)}: take the churn shape.`,
    );
  }
  const [defaultFrom, defaultTo] = DEFAULT_PERIODS[rest.shape];
  const period = { from: Date.parse(from ?? defaultFrom), to: Date.parse(to ?? defaultTo) };
  if (period.from < period.to) return { ...rest, period };
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `The period from ${from ?? defaultFrom} to ${to ?? defaultTo} is empty: --to is the day after the last one.`,
  );
}
