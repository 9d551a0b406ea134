/** Lag by the positions of sinks. */
import { expect, test } from '@jest/globals';
import { measureLag, sumLag, type TopicLook } from '../../../../cli/kafka/watch/lag.js';

const look = (atMs: number, ends: readonly number[], sinks: TopicLook['sinks']): TopicLook => ({
  atMs,
  partitions: ends.map((high, partition) => ({ partition, low: 10, high })),
  sinks,
});

test('lag is what a sink has not got; of a partition that it does not know, all that there is', () => {
  const lag = measureLag(look(0, [100, 50], [{ name: 'warehouse', next: new Map([[0, 90]]) }]));
  expect(lag.map((each) => each.lag)).toEqual([{ warehouse: 10 }, { warehouse: 40 }]);
  expect(sumLag(lag)).toEqual({ end: 150, perSecond: undefined, lag: { warehouse: 50 } });
});

test('what a sink that does not answer has not got is not known', () => {
  const sinks = [
    { name: 'warehouse', problem: 'no answer' },
    { name: 'lake', next: new Map([[0, 100]]) },
  ];
  const lag = measureLag(look(0, [100], sinks));
  expect(sumLag(lag).lag).toEqual({ warehouse: undefined, lake: 0 });
});

test('the rate is of the time between two looks', () => {
  const lag = measureLag(look(4_000, [300, 20], []), look(2_000, [100, 20], []));
  expect(lag.map(({ perSecond }) => perSecond)).toEqual([100, 0]);
  expect(sumLag(lag)).toEqual({ end: 320, perSecond: 100, lag: {} });
});
