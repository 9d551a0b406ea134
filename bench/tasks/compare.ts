/** Both sides of a shape in turns, and what came of it. */
import { median, percentile95, round } from '../support/median.js';
import { measure, type Bench, type Sample } from './measure.js';
import type { Shape } from './shapes.js';
import type { Side } from './workers.js';

/** Medians. */
export interface Summary {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly firstTaskMs: number;
  readonly firstTaskP95Ms: number;
}

/** A shape on both sides. */
export interface Comparison {
  readonly shape: string;
  readonly name: string;
  readonly ours: Summary;
  readonly limit: Summary;
  readonly wallRatio: number;
  readonly cpuRatio: number;
  readonly samples: Readonly<Record<Side, readonly Sample[]>>;
}

/** Runs each side once to warm it, then both in turns. */
export async function compare(bench: Bench, shape: Shape, turns: number): Promise<Comparison> {
  const samples: Record<Side, Sample[]> = { ours: [], limit: [] };
  await measure(bench, shape, 'ours');
  await measure(bench, shape, 'limit');
  for (let turn = 0; turn < turns * shape.samples; turn += 1) {
    // whoever comes second would profit from the first: they take turns in that too
    for (const side of turn % 2 === 0 ? (['ours', 'limit'] as const) : (['limit', 'ours'] as const)) {
      samples[side].push(await measure(bench, shape, side));
    }
  }
  const [ours, limit] = [summarize(samples.ours), summarize(samples.limit)];
  return {
    shape: shape.id,
    name: shape.name,
    ours,
    limit,
    wallRatio: round(ours.wallMs / limit.wallMs),
    cpuRatio: round(ours.cpuMs / limit.cpuMs),
    samples,
  };
}

/** The medians of the samples. */
export function summarize(samples: readonly Sample[]): Summary {
  const firsts = samples.map(({ firstTaskMs }) => firstTaskMs);
  return {
    wallMs: round(median(samples.map(({ wallMs }) => wallMs))),
    cpuMs: round(median(samples.map(({ cpuMs }) => cpuMs))),
    firstTaskMs: round(median(firsts)),
    firstTaskP95Ms: round(percentile95(firsts)),
  };
}
