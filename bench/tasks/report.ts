/** The comparisons as tables. */
import type { Comparison, Summary } from './compare.js';

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
