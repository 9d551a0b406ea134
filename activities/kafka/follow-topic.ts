/**
 * An ingest that goes on: what has come is brought into the sink, again and again, for a while. Each round is an ordinary ingest,
 * so whatever interrupts it, nothing is lost or counted twice.
 */
import { addCounts, NO_COUNTS, type Counts } from './batch.js';
import { ingestTopic, type IngestOptions, type IngestResult, type TopicReader } from './ingest-topic.js';
import type { EventSink } from './sink.js';

export interface FollowOptions extends Omit<IngestOptions, 'stopAtMs' | 'maxMessages' | 'onBatch'> {
  /** Between the end of a round and the next. */
  readonly intervalMs: number;
  /** No batch and no round is begun after this moment, as `now` tells it. */
  readonly untilMs: number;
  /** Resolves after so long; rejects when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly onProgress?: ((progress: FollowProgress) => void) | undefined;
}

/** What has been done since the beginning. */
export interface FollowProgress extends Counts {
  /** Offsets that were gone before they were read. */
  readonly lost: number;
  /** Where each partition goes on. */
  readonly positions: Readonly<Record<string, number>>;
}

export interface FollowResult extends FollowProgress {
  /** Messages of each partition that are still to be read; absent when it was broken off. */
  readonly lag?: Readonly<Record<string, number>>;
}

/**
 * Follows the topic until the time is up or the signal aborts, which is no error: it returns what it has done.
 * Throws what `ingestTopic` throws.
 */
export async function followTopic(
  reader: TopicReader,
  sink: EventSink,
  options: FollowOptions,
): Promise<FollowResult> {
  const { intervalMs, untilMs, now, wait, signal, onProgress } = options;
  let before: FollowProgress = { ...NO_COUNTS, lost: 0, positions: {} };
  let current = before;
  const onBatch = (round: IngestResult): void => {
    current = add(before, round);
    onProgress?.(current);
  };
  try {
    for (;;) {
      current = add(before, await ingestTopic(reader, sink, { ...options, stopAtMs: untilMs, onBatch }));
      before = current;
      if (now() + intervalMs >= untilMs) break;
      await wait(intervalMs, signal);
    }
    return { ...current, lag: await readLag(reader, current.positions) };
  } catch (error) {
    if (!signal.aborted) throw error;
    return current;
  }
}

function add(before: FollowProgress, round: IngestResult): FollowProgress {
  const { positions, lost } = round;
  return { ...addCounts(before, round), lost: before.lost + lost, positions };
}

async function readLag(
  reader: TopicReader,
  positions: FollowProgress['positions'],
): Promise<Record<string, number>> {
  const bounds = await reader.readBounds();
  return Object.fromEntries(
    bounds.map(({ partition, first, end }) => [partition, end - (positions[partition] ?? first)]),
  );
}
