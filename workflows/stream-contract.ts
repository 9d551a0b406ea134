/** What the workflow of a stream and the workers say to each other. JSON types only; instants are ISO, UTC. */
import type { JsonValue } from '../core/json.js';

/** Workflow type of a stream: an ingest from Kafka that goes on until it is stopped. */
export const KAFKA_STREAM = 'kafka_stream';
/** Activity that checks the input of a stream. */
export const PLAN_STREAM = 'plan_stream';
/** Activity that ingests for a while. */
export const INGEST_STREAM = 'ingest_stream';
/** The memo key under which a stream says what it is, so that a listing needs no query. */
export const STREAM_MEMO = 'airtempo_stream';

/** A checked stream. */
export interface StreamPlan {
  readonly name: string;
  readonly topic: string;
  /** Where it writes, in words. */
  readonly sink: string;
  /** Between two looks at the topic. */
  readonly intervalMs: number;
  /** What it was started with. */
  readonly args: JsonValue;
}

/** One portion of the work. */
export interface StreamCall {
  readonly plan: StreamPlan;
  /** It ends with the batch in hand after so long. */
  readonly portionMs: number;
}

/** Messages, and what became of them. */
export interface StreamCounts {
  readonly messages: number;
  readonly written: number;
  readonly duplicates: number;
  readonly deadLetters: number;
  /** Gone before they were read; 0 unless the stream allows it. */
  readonly lost: number;
}

export interface StreamPortion extends StreamCounts {
  /** Where each partition goes on. */
  readonly positions: Readonly<Record<string, number>>;
  /** Messages of each partition that are still to be read; absent when the portion was broken off. */
  readonly lag?: Readonly<Record<string, number>>;
}
