/** What the turns come to: medians, ratios, and a table or a line of JSON. */
import { median, round } from '../support/median.js';
import type { Differences } from './classical.js';
import type { Sample, Usage } from './measure.js';

const AIM_CPU_RATIO = 1.5;
const AIM_TIMES_FASTER = 30;
const AIM_PEAK_MB = 300;

/** The turns of one run, and what was loaded in them. */
export interface Result {
  readonly facts: object;
  readonly events: number;
  readonly ours: readonly Sample[];
  readonly limit: readonly Sample[];
  readonly peer?: PeerResult;
}

/** The classical loader's turns, on fewer events. */
export interface PeerResult {
  readonly events: number;
  readonly samples: readonly Sample[];
  readonly differences: Differences;
}

interface Summary {
  readonly cpuS: number;
  readonly wallS: number;
  readonly loadCpuS: number;
  readonly loadClientCpuS: number;
  readonly loadPostgresCpuS: number;
  readonly loadS3CpuS: number;
  readonly starCpuS: number;
}

function cpuOf({ client, postgres, s3 }: Usage): number {
  return client + postgres + s3;
}

function summarize(samples: readonly Sample[]): Summary {
  const of = (pick: (sample: Sample) => number): number => round(median(samples.map(pick)));
  return {
    cpuS: of(({ load, star }) => cpuOf(load) + cpuOf(star)),
    wallS: of(({ load, star }) => load.wall + star.wall),
    loadCpuS: of(({ load }) => cpuOf(load)),
    loadClientCpuS: of(({ load }) => load.client),
    loadPostgresCpuS: of(({ load }) => load.postgres),
    loadS3CpuS: of(({ load }) => load.s3),
    starCpuS: of(({ star }) => cpuOf(star)),
  };
}

function summarizePeer({ events, samples, differences }: PeerResult, ours: Summary, oursEvents: number) {
  const { wallS, cpuS } = summarize(samples);
  const perSecond = { ours: Math.round(oursEvents / ours.wallS), classical: Math.round(events / wallS) };
  const perCpuS = { ours: Math.round(oursEvents / ours.cpuS), classical: Math.round(events / cpuS) };
  return {
    events, wallS, cpuS, eventsPerS: perSecond, eventsPerCpuS: perCpuS,
    timesFaster: round(perSecond.ours / perSecond.classical),
    timesLessCpu: round(perCpuS.ours / perCpuS.classical),
    differences,
  }; // prettier-ignore
}

/** Prints the result. */
export function report(result: Result, json: boolean): void {
  const [ours, limit] = [summarize(result.ours), summarize(result.limit)];
  const peakRssMb = Math.round(Math.max(...result.ours.map(({ peakRssMb: peak }) => peak ?? Number.NaN)));
  const ratios = {
    cpuRatio: round(ours.cpuS / limit.cpuS),
    wallRatio: round(ours.wallS / limit.wallS),
    loadCpuRatio: round(ours.loadCpuS / limit.loadCpuS),
  };
  const classical = result.peer && summarizePeer(result.peer, ours, result.events);
  if (json) {
    const { facts, ours: oursTurns, limit: limitTurns, peer } = result;
    const turns = { ours: oursTurns, limit: limitTurns, classical: peer?.samples };
    process.stdout.write(
      `${JSON.stringify({ ...facts, ours, limit, ...ratios, peakRssMb, classical, turns })}\n`,
    );
    return;
  }
  console.log(result.facts);
  console.table({ ours, limit });
  const { cpuRatio, wallRatio, loadCpuRatio } = ratios;
  console.log(
    `CPU: ${String(cpuRatio)} × the limit (aim: at most ${String(AIM_CPU_RATIO)}); the load alone ${String(loadCpuRatio)} ×. Wall: ${String(wallRatio)} ×.`,
  );
  console.log(`Peak memory of our process: ${String(peakRssMb)} MB (aim: under ${String(AIM_PEAK_MB)}).`);
  if (classical === undefined) return;
  console.log(classical);
  console.log(
    `${String(classical.timesFaster)} × as many events a second as the classical loader (aim: at least ${String(AIM_TIMES_FASTER)}).`,
  );
}
