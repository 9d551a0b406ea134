/** The comparisons as tables. */
import { round } from '../support/median.js';
import type { Comparison, Summary } from './compare.js';
import type { PeerSummary } from './peers.js';

/** At most so many times the limit's CPU and wall. */
const AIM = 1.25;

/** Ours beside the limit, a shape a row. */
export function printComparisons(comparisons: readonly Comparison[]): void {
  console.log('Wall and CPU in ms, medians; × = over the workflow written by hand.');
  console.table(
    Object.fromEntries(
      comparisons.map(({ name, ours, limit, wallRatio, cpuRatio }) => [
        name,
        {
          wall: ours.wallMs,
          'by hand': limit.wallMs,
          'wall ×': wallRatio,
          CPU: ours.cpuMs,
          'CPU by hand': limit.cpuMs,
          'CPU ×': cpuRatio,
          ...firstTask('', ours),
          ...firstTask(' by hand', limit),
        },
      ]),
    ),
  );
  const missed = comparisons.filter(({ wallRatio, cpuRatio }) => wallRatio > AIM || cpuRatio > AIM);
  const verdict =
    missed.length === 0 ? 'met by all' : `missed by ${missed.map(({ name }) => name).join(', ')}`;
  console.log(`Aim: at most ${String(AIM)} × in wall and CPU: ${verdict}.`);
}

function firstTask(side: string, { firstTaskMs, firstTaskP95Ms }: Summary): object {
  return { [`first task${side}`]: `${firstTaskMs.toFixed(0)} (p95 ${firstTaskP95Ms.toFixed(0)})` };
}

/** Other orchestrators, a shape a row: what they took, and how many times as much as we did. */
export function printPeers(
  comparisons: readonly Comparison[],
  peers: Readonly<Record<string, PeerSummary>>,
): void {
  for (const [peer, shapes] of Object.entries(peers)) {
    console.log(`\n${peer}: medians, and over ours`);
    console.table(
      Object.fromEntries(
        comparisons.flatMap(({ shape, name, ours }) => {
          const theirs = shapes[shape];
          return theirs === undefined ? [] : [[name, besideOurs(theirs, ours)]];
        }),
      ),
    );
  }
}

function besideOurs(theirs: Summary, ours: Summary): object {
  return {
    'wall ms': Math.round(theirs.wallMs),
    'wall ×': round(theirs.wallMs / ours.wallMs),
    'CPU ms': Math.round(theirs.cpuMs),
    'CPU ×': round(theirs.cpuMs / ours.cpuMs),
    'first task ms': Math.round(theirs.firstTaskMs),
    'first task ×': round(theirs.firstTaskMs / ours.firstTaskMs),
  };
}
