/** What a person would write by hand on Temporal for the same shapes: the limit that the engine is held against. */
import { proxyActivities } from '@temporalio/workflow';

const { noop } = proxyActivities<{ noop(call: unknown): Promise<unknown> }>({
  startToCloseTimeout: '1h',
  heartbeatTimeout: '30s',
  retry: { maximumAttempts: 4, initialInterval: '5m', backoffCoefficient: 1 },
});

/** `length` tasks, one after the other. */
export async function chain(length: number): Promise<void> {
  for (let index = 0; index < length; index += 1) await noop({ index });
}

/** 1 → width → 1. */
export async function fan(width: number): Promise<void> {
  await noop({});
  await Promise.all(Array.from({ length: width }, (_, index) => noop({ index })));
  await noop({});
}

/** `width` chains of `length` tasks beside one another. */
export async function lanes(width: number, length: number): Promise<void> {
  await Promise.all(Array.from({ length: width }, () => chain(length)));
}
