/** What an ingest needs of the place that it writes to. Each sink keeps its own positions, with its data. */
import type { Batch, Counts, Encode, Positions } from './batch.js';

export interface SinkState {
  /** The first offset of each partition that is not in the sink yet; a partition that it does not know is absent. */
  readonly next: Positions;
  /** How far a batch went whose writing was begun and not ended: exactly its messages have to be written first. */
  readonly pending?: Positions | undefined;
}

export interface EventSink {
  readonly encode: Encode;
  readState(topic: string): Promise<SinkState>;
  /** Writes the batch and moves the positions, both or neither. Undefined, and nothing written, when they are not at `from`. */
  write(batch: Batch): Promise<Counts | undefined>;
}
