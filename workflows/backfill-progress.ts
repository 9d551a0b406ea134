/** How far a backfill is: counts that are exact, and the dates that are worth showing. Pure; knows no clock. */
import type { ExistingRun } from '../core/backfill-dates.js';
import type { ScannedDate } from './backfill-contract.js';

/**
 * `left`: not looked at yet; `skipped`: its run is to stay as it is; `in_flight`: its run was started by somebody
 * else and is left alone; the others are runs of this backfill.
 */
export const DATE_STATES = ['done', 'running', 'failed', 'skipped', 'in_flight', 'left'] as const;
export type DateState = (typeof DATE_STATES)[number];

export type DateCounts = Readonly<Record<DateState, number>>;

/** What is known of a date. Milliseconds since the epoch. */
export interface DateRecord {
  readonly state: DateState;
  /** How the date's run stood before, unless there was none. */
  readonly existing?: Exclude<ExistingRun, 'none'>;
  readonly startedAtMs?: number;
  readonly endedAtMs?: number;
  /** Why its run failed. */
  readonly message?: string;
}

/** A backfill between two histories. Only ever made while none of its runs is under way. */
export interface ContinuedProgress {
  readonly counts: DateCounts;
  readonly records: readonly (readonly [logicalDate: string, record: DateRecord])[];
  readonly failures: number;
}

/** Ten years of days. Above it, dates that went well are forgotten first. */
const MOST_RECORDS = 4_000;
const SHOWN_MESSAGES = 100;
const MESSAGE_CHARACTERS = 300;

export class BackfillProgress {
  readonly #counts: Record<DateState, number>;
  readonly #records: Map<string, DateRecord>;
  #messages: number;

  /** `dates`: the logical dates in order, when they are few enough to be listed. */
  constructor(total: number, dates: readonly string[] = [], continued?: ContinuedProgress) {
    this.#counts = {
      done: 0,
      running: 0,
      failed: 0,
      skipped: 0,
      in_flight: 0,
      left: total,
      ...continued?.counts,
    };
    this.#records = new Map(
      continued?.records ?? dates.map((date): [string, DateRecord] => [date, { state: 'left' }]),
    );
    this.#messages = continued?.failures ?? 0;
  }

  get counts(): DateCounts {
    return { ...this.#counts };
  }

  get total(): number {
    return Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
  }

  /** The dates that are kept, in order. */
  get records(): ReadonlyMap<string, DateRecord> {
    return this.#records;
  }

  /** A date of which this backfill starts no run. */
  settle({ logicalDate, existing }: ScannedDate, state: 'skipped' | 'in_flight' | 'left'): void {
    this.#set(logicalDate, { state, ...describeExisting(existing) });
  }

  start({ logicalDate, existing }: ScannedDate, startedAtMs: number): void {
    this.#set(logicalDate, { state: 'running', startedAtMs, ...describeExisting(existing) });
  }

  end(
    logicalDate: string,
    state: 'done' | 'failed' | 'in_flight',
    endedAtMs: number,
    message?: string,
  ): void {
    const record = this.#records.get(logicalDate);
    const kept = message !== undefined && this.#messages < SHOWN_MESSAGES ? cut(message) : undefined;
    if (kept !== undefined) this.#messages += 1;
    this.#set(logicalDate, {
      ...record,
      state,
      endedAtMs,
      ...(kept === undefined ? {} : { message: kept }),
    });
  }

  toContinued(): ContinuedProgress {
    return { counts: this.counts, records: [...this.#records], failures: this.#messages };
  }

  #set(logicalDate: string, record: DateRecord): void {
    this.#counts[this.#records.get(logicalDate)?.state ?? 'left'] -= 1;
    this.#counts[record.state] += 1;
    this.#records.set(logicalDate, record);
    if (this.#records.size > MOST_RECORDS) this.#forget();
  }

  /** Forgets the oldest date that needs no attention; of failures alone, the oldest. */
  #forget(): void {
    let oldest: string | undefined;
    for (const [logicalDate, { state }] of this.#records) {
      if (state === 'running') continue;
      oldest ??= logicalDate;
      if (state === 'failed') continue;
      oldest = logicalDate;
      break;
    }
    if (oldest !== undefined) this.#records.delete(oldest);
  }
}

function describeExisting(existing: ExistingRun): Pick<DateRecord, 'existing'> {
  return existing === 'none' ? {} : { existing };
}

function cut(message: string): string {
  return message.length <= MESSAGE_CHARACTERS ? message : `${message.slice(0, MESSAGE_CHARACTERS)}…`;
}
