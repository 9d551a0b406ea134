/**
 * bench/tasks: what the engine costs over a Temporal workflow written by hand that runs the same no-op activities, on the
 * same server, in the same run, in turns. The flags are in `HELP`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { messageOf } from '../../core/outside-value.js';
import { startStack } from '../../local/stack.js';
import { compare, type Comparison } from './compare.js';
import { PEER_SHAPES, PEERS, type Peer, type PeerSummary, runPeer } from './peers.js';
import { printComparisons, printPeers } from './report.js';
import { chooseShapes, type Shape, SHAPES } from './shapes.js';
import { withWorkers } from './workers.js';

const HELP = `npx tsx bench/tasks/main.ts [flags]
What the engine costs over a workflow written by hand with the same activities, on the same server, in turns.

  --turns N      samples a shape and side (default 7); "latency" takes ten times as many
  --shapes A,B   some of ${SHAPES.map(({ id }) => id).join(', ')}
  --json         print JSON, with each sample
  --keep         leave the folder with all logs

Beside them other orchestrators, each by the folder of a virtual environment in which it is installed:
  --airflow VENV, --prefect VENV, --dagster VENV
  --peer-turns N samples a shape (default 5); of the shapes they run ${PEER_SHAPES.join(', ')}
`;

const { values: flags } = parseArgs({
  options: {
    turns: { type: 'string', default: '7' },
    shapes: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    airflow: { type: 'string' },
    prefect: { type: 'string' },
    dagster: { type: 'string' },
    'peer-turns': { type: 'string', default: '5' },
    help: { type: 'boolean', default: false },
  },
});

async function compareAll(shapes: readonly Shape[], dir: string): Promise<readonly Comparison[]> {
  const stack = await startStack({ dir, services: ['temporal'], ports: { temporal: 0, temporalUi: 0 } });
  try {
    const { address } = stack.temporal;
    const [native, connection] = await Promise.all([
      NativeConnection.connect({ address }),
      Connection.connect({ address }),
    ]);
    const bench = { client: new Client({ connection }), serverPid: stack.pids.temporal };
    const comparisons: Comparison[] = [];
    await withWorkers(native, [...new Set(shapes.map(({ dag }) => dag))], dir, async () => {
      for (const shape of shapes) {
        process.stderr.write(`${shape.name}\n`);
        comparisons.push(await compare(bench, shape, Number(flags.turns)));
      }
    });
    await Promise.all([native.close(), connection.close()]);
    return comparisons;
  } finally {
    await stack.stop();
  }
}

/** Each peer that the user has named, by itself. */
async function runPeers(shapes: readonly Shape[], dir: string): Promise<Partial<Record<Peer, PeerSummary>>> {
  const known = shapes.map(({ id }) => id).filter((id) => PEER_SHAPES.includes(id));
  const results: Partial<Record<Peer, PeerSummary>> = {};
  for (const peer of PEERS) {
    const venv = flags[peer];
    if (venv === undefined) continue;
    const run = { venv, shapes: known, turns: Number(flags['peer-turns']), dir };
    try {
      results[peer] = await runPeer(peer, run);
    } catch (error) {
      process.stderr.write(`${messageOf(error)}\n`);
      process.exitCode = 1; // what the others have brought is printed all the same
    }
  }
  return results;
}

async function main(): Promise<void> {
  if (flags.help) return void process.stdout.write(HELP);
  const shapes = chooseShapes(flags.shapes.split(',').filter((id) => id !== ''));
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const dir = await mkdtemp(path.join(tmpdir(), 'airtempo-bench-'));
  try {
    const comparisons = await compareAll(shapes, path.join(dir, 'stack'));
    const peers = await runPeers(shapes, dir);
    if (flags.json) process.stdout.write(`${JSON.stringify({ comparisons, peers })}\n`);
    else {
      printComparisons(comparisons);
      printPeers(comparisons, peers);
    }
  } finally {
    if (flags.keep) process.stderr.write(`${dir}\n`);
    else await rm(dir, { recursive: true, force: true });
  }
}

await main();
