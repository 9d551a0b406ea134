/**
 * bench/scale: how the engine's costs grow as the work doubles: tasks of a run, runs at once, DAGs with schedules; and what an
 * idle worker and server use. Beside it workflows written by hand. Linux only; needs `npm run build`. The flags are in `HELP`.
 */
import { parseArgs } from 'node:util';
import { median, round } from '../support/median.js';
import type { Series } from './growth.js';
import { measureSchedules } from './measure-schedules.js';
import { type Figures, measureWork } from './measure-work.js';
import { type Measured, printMeasured } from './report.js';
import { withServer } from './server.js';
import { LIMIT, OURS, type Work } from './sides.js';

const HELP = `npx tsx bench/scale/main.ts [flags]
How costs grow as the work doubles, and workflows written by hand at the largest size. Needs "npm run build".

  --only A,B   some of tasks, runs, schedules
  --turns N    turns of each size, of which the medians count; default 5
  --quick      a tenth of each size
  --json       print JSON
`;

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: 'tasks,runs,schedules' },
    turns: { type: 'string', default: '5' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const SIZES = flags.quick
  ? { tasks: [250, 500, 1000], runs: [25, 50, 100], schedules: [12, 25, 50] }
  : {
      tasks: [1250, 2500, 5000, 10_000],
      runs: [125, 250, 500, 1000],
      schedules: [125, 250, 500],
    };

/** The medians of the turns. */
async function repeat(measure: () => Promise<Figures>): Promise<Figures> {
  const turns: Figures[] = [];
  for (let turn = 0; turn < Number(flags.turns); turn += 1) turns.push(await measure());
  const names = Object.keys(turns[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [name, round(median(turns.map((figures) => figures[name] ?? Number.NaN)))]),
  );
}

async function grow(sizes: readonly number[], measure: (size: number) => Promise<Figures>): Promise<Series> {
  const series: { size: number; figures: Figures }[] = [];
  for (const size of sizes) {
    process.stderr.write(`${String(size)}\n`);
    series.push({ size, figures: await repeat(() => measure(size)) });
  }
  return series;
}

/** Ours at each size, and the workflow written by hand at the largest. */
async function beside(
  title: string,
  sizes: readonly number[],
  toWork: (size: number) => Work,
): Promise<Measured> {
  const ours = await grow(sizes, (size) => withServer((bench) => measureWork(bench, OURS, toWork(size))));
  const size = sizes.at(-1) ?? 0;
  process.stderr.write(`${String(size)}, by hand\n`);
  const figures = await repeat(() => withServer((bench) => measureWork(bench, LIMIT, toWork(size))));
  return { title, ours, limit: { size, figures } };
}

const PARTS: Readonly<Record<string, () => Promise<Measured>>> = {
  tasks: () => beside('One run, by its tasks', SIZES.tasks, (tasks) => ({ kind: 'lanes', tasks })),
  runs: () =>
    beside('Runs of five tasks at once, by their number', SIZES.runs, (runs) => ({
      kind: 'chains',
      runs,
    })),
  schedules: async () => ({
    title: 'DAGs with schedules, by their number',
    ours: await grow(SIZES.schedules, (dags) => withServer((bench) => measureSchedules(bench, dags))),
  }),
};

async function measureAll(names: readonly string[]): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  for (const name of names) {
    const part = PARTS[name];
    if (part === undefined)
      throw new Error(`There is no part ${name}. Use some of: ${Object.keys(PARTS).join(', ')}.`);
    process.stderr.write(`${name}\n`);
    measured.push(await part());
  }
  return measured;
}

async function main(): Promise<void> {
  if (flags.help) return void process.stdout.write(HELP);
  const measured = await measureAll(flags.only.split(','));
  if (flags.json) process.stdout.write(`${JSON.stringify({ measured })}\n`);
  else for (const part of measured) printMeasured(part);
}

await main();
