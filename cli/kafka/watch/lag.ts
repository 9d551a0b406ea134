/** How far sinks are behind a topic, by their own positions. Pure. */
import type { PartitionRange } from '../../../connections/kafka/topics.js';

/** Where a sink goes on, or why that is not known. */
export interface SinkPositions {
  readonly name: string;
  readonly next?: ReadonlyMap<number, number>;
  readonly problem?: string;
}

/** A topic and its sinks at a moment. */
export interface TopicLook {
  readonly atMs: number;
  readonly partitions: readonly PartitionRange[];
  readonly sinks: readonly SinkPositions[];
}

export interface PartitionLag {
  readonly partition: number;
  /** The offset that the next message will have. */
  readonly end: number;
  /** Messages that came a second since the look before. */
  readonly perSecond: number | undefined;
  /** By sink, how many messages it has not got; undefined where its positions are not known. */
  readonly lag: Readonly<Record<string, number | undefined>>;
}

/** The partitions of a look. A sink that does not know a partition has it all before it. */
export function measureLag(look: TopicLook, former?: TopicLook): readonly PartitionLag[] {
  const before = new Map(former?.partitions.map(({ partition, high }) => [partition, high]));
  const seconds = former === undefined ? 0 : (look.atMs - former.atMs) / 1000;
  return look.partitions.map(({ partition, low, high }) => {
    const formerEnd = before.get(partition);
    const lag = look.sinks.map(({ name, next }) => [
      name,
      next === undefined ? undefined : Math.max(0, high - (next.get(partition) ?? low)),
    ]);
    return {
      partition,
      end: high,
      perSecond:
        formerEnd === undefined || seconds <= 0 ? undefined : Math.max(0, high - formerEnd) / seconds,
      lag: Object.fromEntries(lag) as PartitionLag['lag'],
    };
  });
}

/** The partitions together. */
export function sumLag(partitions: readonly PartitionLag[]): Omit<PartitionLag, 'partition'> {
  const names = Object.keys(partitions[0]?.lag ?? {});
  const sum = (values: readonly (number | undefined)[]): number | undefined =>
    values.includes(undefined) ? undefined : values.reduce<number>((total, value) => total + (value ?? 0), 0);
  return {
    end: sum(partitions.map(({ end }) => end)) ?? 0,
    perSecond: sum(partitions.map(({ perSecond }) => perSecond)),
    lag: Object.fromEntries(names.map((name) => [name, sum(partitions.map(({ lag }) => lag[name]))])),
  };
}
