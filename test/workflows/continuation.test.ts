import { describe, expect, test } from '@jest/globals';
import { Continuation } from '../../workflows/continuation.js';

const SHORT = { historyLength: 100, historySize: 10_000 };
const LONG = { historyLength: 8_000, historySize: 10_000 };
const HEAVY = { historyLength: 100, historySize: 10_000_000 };

describe('a run goes on in a new history', () => {
  test('once its history is long, in events or in bytes', () => {
    expect(new Continuation().observe(SHORT)).toBe(false);
    expect(new Continuation().observe(LONG)).toBe(true);
    expect(new Continuation().observe(HEAVY)).toBe(true);
  });

  test('after a drain, which begins once', () => {
    const continuation = new Continuation();
    expect(continuation.observe(LONG)).toBe(true);
    expect(continuation.observe(LONG)).toBe(false);
    expect(continuation.draining).toBe(true);
  });

  test('later, when a long-running task holds the drain up: not at the next event', () => {
    const continuation = new Continuation();
    continuation.observe(LONG);
    continuation.lift(LONG);
    expect(continuation.draining).toBe(false);
    expect(continuation.observe({ ...LONG, historyLength: 15_999 })).toBe(false);
    expect(continuation.observe({ ...LONG, historyLength: 16_000 })).toBe(true);
  });

  test('by all means when the history is near the limits of the server', () => {
    for (const size of [
      { historyLength: 40_000, historySize: 1 },
      { historyLength: 1, historySize: 40_000_000 },
    ]) {
      const continuation = new Continuation();
      continuation.observe(size);
      continuation.lift(size);
      expect(continuation.draining).toBe(true);
    }
  });

  test('later, when what it would take along is too large', () => {
    const continuation = new Continuation();
    continuation.observe(HEAVY);
    continuation.postpone(HEAVY);
    expect(continuation.draining).toBe(false);
    expect(continuation.observe(HEAVY)).toBe(false);
  });

  test('never after a cancel: the new history would not know of it', () => {
    const continuation = new Continuation();
    continuation.observe(LONG);
    continuation.forbid();
    expect(continuation.draining).toBe(false);
    expect(continuation.observe(LONG)).toBe(false);
  });
});
