/** The same shapes on another orchestrator, whose virtual environment the user names: one peer at a time, nothing beside it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startStack } from '../../local/stack.js';
import { summarize, type Summary } from './compare.js';
import type { Sample } from './measure.js';

export const PEERS = ['airflow', 'prefect', 'dagster'] as const;
export type Peer = (typeof PEERS)[number];

/** Shapes that every peer has. */
export const PEER_SHAPES: readonly string[] = ['chain_10', 'chain_100', 'fan_100'];

/** What to run, and where. */
export interface PeerRun {
  /** Folder of the virtual environment. */
  readonly venv: string;
  readonly shapes: readonly string[];
  readonly turns: number;
  /** For what the peer writes. */
  readonly dir: string;
}

/** Medians by shape. */
export type PeerSummary = Readonly<Record<string, Summary>>;

/** Runs the peer to its end. Throws when it fails; its logs are in the folder till then. */
export async function runPeer(peer: Peer, run: PeerRun): Promise<PeerSummary> {
  const dir = path.join(run.dir, peer);
  await mkdir(dir);
  if (peer !== 'airflow') return summarizeLines(await runScript(peer, { ...run, dir }));
  const stack = await startStack({
    dir: path.join(run.dir, 'postgres'),
    services: ['postgres'],
    ports: { postgres: 0 },
  });
  try {
    const { login = '', password = '', host = '', port = 0, schema = '' } = stack.postgres;
    const place = `${encodeURIComponent(login)}:${encodeURIComponent(password)}@${host}:${String(port)}/${schema}`;
    const env = { AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `postgresql+psycopg2://${place}` };
    return summarizeLines(
      await runScript(peer, { ...run, dir }, ['--also-pid', String(stack.pids.postgres)], env),
    );
  } finally {
    await stack.stop();
  }
}

interface Line extends Sample {
  readonly shape: string;
}

async function runScript(
  peer: Peer,
  { venv, shapes, turns, dir }: PeerRun,
  more: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<readonly Line[]> {
  const script = fileURLToPath(new URL(`./peers/run_${peer}.py`, import.meta.url));
  const args = [script, '--work', dir, '--shapes', shapes.join(','), '--turns', String(turns), ...more];
  const python = path.join(path.resolve(venv), 'bin', 'python');
  const child = spawn(python, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = (): boolean => child.kill('SIGTERM'); // it stops what it has started
  process.once('exit', stop);
  const closed = once(child, 'close');
  const lines: Line[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    process.stderr.write(`${peer} ${line}\n`);
    lines.push(JSON.parse(line) as Line); // what common.py prints
  }
  const [code] = (await closed) as [number | null];
  process.removeListener('exit', stop);
  if (code !== 0)
    throw new Error(`${peer} ended with ${String(code)}; run again with --keep to see its logs`);
  return lines;
}

function summarizeLines(lines: readonly Line[]): PeerSummary {
  const shapes = new Set(lines.map(({ shape }) => shape));
  return Object.fromEntries(
    [...shapes].map((shape) => [shape, summarize(lines.filter((line) => line.shape === shape))]),
  );
}
