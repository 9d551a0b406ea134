/**
 * bench/full-size: 22,278 users and 26,000,000 events, as many as the original's full data has, through the product's own
 * commands: generate → lake → insights → features, each within 2 GB of memory, which the kernel holds. Needs `npm run build`,
 * GNU time, about 20 GB of disk, and root for the bound: without it the memory is measured only.
 * Usage: npx tsx bench/full-size/main.ts [--users 22278] [--gb 2] [--folder DIR] [--only lake,insights] [--keep] [--json]
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { withinMemory, type Usage } from './limited.js';

const { values: flags } = parseArgs({
  options: {
    users: { type: 'string', default: '22278' },
    gb: { type: 'string', default: '2' },
    /** One that a turn with --keep has filled. */
    folder: { type: 'string' },
    only: { type: 'string', default: 'generate,songs,lake,insights,features' },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

/** Two days more than the preset's 61, so that there are 26,000,000 events. */
const PERIOD = { from: '2018-10-01', to: '2018-12-03' };

function listSteps(folder: string): Readonly<Record<string, readonly string[]>> {
  const at = (name: string): string => path.join(folder, name);
  const conf = { songs: at('songs/song_data'), logs: at('events'), lake: at('lake'), ...PERIOD };
  const period = ['--from', PERIOD.from, '--to', PERIOD.to];
  return {
    generate: ['data', 'generate', '--out', at('events'), '--users', flags.users, ...period],
    songs: ['data', 'generate', '--out', at('songs'), '--shape', 'log', '--users', '1'],
    lake: ['dags', 'test', 'local_data_lake', '--conf', JSON.stringify(conf)],
    insights: ['insights', 'run', at('lake'), '--out', at('report')],
    features: ['churn', 'features', '--events', at('lake'), '--out', at('features'), '--memory', '1GB'],
  };
}

async function main(): Promise<void> {
  const folder = flags.folder ?? (await mkdtemp(path.join(tmpdir(), 'airtempo-full-size-')));
  await mkdir(folder, { recursive: true });
  const done: Record<string, Usage> = {};
  try {
    await withinMemory(Number(flags.gb) * 2 ** 30, async (run, isHeld) => {
      if (!isHeld)
        process.stderr.write('This user may make no cgroup: memory is measured and not bounded.\n');
      const steps = listSteps(folder);
      for (const name of flags.only.split(',')) {
        process.stderr.write(`${name}\n`);
        done[name] = await run([process.execPath, 'dist/cli/main.js', ...(steps[name] ?? [])]);
      }
    });
  } finally {
    report(done);
    if (!flags.keep) await rm(folder, { recursive: true, force: true });
  }
}

function report(done: Readonly<Record<string, Usage>>): void {
  if (flags.json) process.stdout.write(`${JSON.stringify({ users: Number(flags.users), steps: done })}\n`);
  else {
    for (const [name, { wallS, cpuS, peakRssMb }] of Object.entries(done)) {
      const cells = [`${wallS.toFixed(1)} s`, `${cpuS.toFixed(1)} CPU s`, `${String(peakRssMb)} MB`];
      process.stdout.write(`${name.padEnd(10)}${cells.map((cell) => cell.padStart(15)).join('')}\n`);
    }
  }
}

await main();
