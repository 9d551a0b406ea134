/** A history as plain JSON: for searching in it, and for keeping it. */
import type { WorkflowHandle } from '@temporalio/client';

/** The whole history as text, with every payload decoded. */
export async function readableHistory(handle: WorkflowHandle): Promise<string> {
  const history = toPlain(await handle.fetchHistory(), (bytes) => Buffer.from(bytes).toString('utf8'));
  return JSON.stringify(history);
}

/** A protobuf message as plain JSON: 64-bit integers as numbers, bytes as `bytesToText` says. */
function toPlain(value: unknown, bytesToText: (bytes: Uint8Array) => string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return bytesToText(value);
  if ('toNumber' in value && typeof value.toNumber === 'function') return value.toNumber() as number;
  if (Array.isArray(value)) return value.map((item) => toPlain(item, bytesToText));
  const present = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return Object.fromEntries(present.map(([key, item]) => [key, toPlain(item, bytesToText)]));
}
