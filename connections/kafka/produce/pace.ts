/** When each message is due, in milliseconds from the start. Pure: it knows no clock. */

/** As fast as acknowledged, so many seconds apart, so many a second, or by the events' own times, so many times as fast. */
export type Pace =
  | { readonly kind: 'fast' }
  | { readonly kind: 'interval'; readonly seconds: number }
  | { readonly kind: 'rate'; readonly perSecond: number }
  | { readonly kind: 'speedup'; readonly factor: number };

/** The due time of one message after the other. `eventMs` is the event's own time; a message without one is due with the one before. */
export function createPace(pace: Pace): (index: number, eventMs: number | undefined) => number {
  switch (pace.kind) {
    case 'fast':
      return () => 0;
    case 'interval':
      return (index) => index * pace.seconds * 1000;
    case 'rate':
      return (index) => (index * 1000) / pace.perSecond;
    case 'speedup': {
      let first: number | undefined;
      let latest = 0;
      return (_index, eventMs) => {
        if (eventMs === undefined) return latest;
        first ??= eventMs;
        latest = Math.max(latest, (eventMs - first) / pace.factor); // what is late in the file is due at once
        return latest;
      };
    }
  }
}
