/** From a request to its events, one at a time and in order of time. Pure. */
import { createCatalogue, type Catalogue } from './catalogue.js';
import { Listener } from './churn/listener.js';
import type { SparkifyEvent } from './event.js';
import { LogListener } from './log/listener.js';
import { type Head, mergeByTime } from './merge.js';
import type { GeneratorSpec } from './spec.js';

function* createListeners(spec: GeneratorSpec, catalogue: Catalogue): Generator<Head> {
  const Kind = spec.shape === 'log' ? LogListener : Listener;
  for (let index = 0; index < spec.users; index += 1) yield new Kind(spec, index, catalogue);
}

/**
 * The events of a request. The same request gives the same events; with fewer users, the same events without those
 * of the others.
 */
export function generateEvents(
  spec: GeneratorSpec,
  catalogue: Catalogue = createCatalogue(spec.seed),
): Iterable<SparkifyEvent> {
  return mergeByTime(createListeners(spec, catalogue), spec.period.to);
}
