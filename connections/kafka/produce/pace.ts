/** When each message is due, in milliseconds from the start. Pure: it knows no clock. */

/** As fast as acknowledged, so many seconds apart, so many a second, or by the events' own times, so many times as fast. */
export type Pace =
  | { readonly kind: 'fast' }
  | { readonly kind: 'interval'; readonly seconds: number }
  | { readonly kind: 'rate'; readonly perSecond: number }
  | { readonly kind: 'speedup'; readonly factor: number };

/**
 * The due time of one message after the other. `eventMs` is the event's own time; a message without one is due with the one
 * before. `beginsAnew` says that the events start from their beginning again: the first of them is due with the last one.
 */
export function createPace(
  pace: Pace,
): (index: number, eventMs: number | undefined, beginsAnew?: boolean) => number {
  switch (pace.kind) {
    case 'fast':
      return () => 0;
    case 'interval':
      return (index) => index * pace.seconds * 1000;
    case 'rate':
      return (index) => (index * 1000) / pace.perSecond;
    case 'speedup': {
      let first: number | undefined;
      let [passAt, latest] = [0, 0];
      return (_index, eventMs, beginsAnew = false) => {
        if (beginsAnew) [first, passAt] = [undefined, latest];
        if (eventMs === undefined) return latest;
        first ??= eventMs;
        // what is late in the file is due at once
        latest = Math.max(latest, passAt + (eventMs - first) / pace.factor);
        return latest;
      };
    }
  }
}
