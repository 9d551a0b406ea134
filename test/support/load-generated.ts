/**
 * Run as a process of its own: loads made-up data that is larger than the memory allowed, and prints what it took.
 * Usage: load-generated.ts KIND; the database's connection is JSON in AIRTEMPO_TEST_DATABASE.
 */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

import { parseCopyOptions } from '../../connections/copy/copy-options.js';
import { loadTable } from '../../connections/copy/load-table.js';
import type { CopySource } from '../../connections/copy/source.js';
import { connectSql } from '../../connections/postgres.js';
import type { Connection } from '../../core/connection.js';

const TOTAL_BYTES = 500 * 1024 * 1024;
const MEGABYTE = 1024 * 1024;

function lines(): Buffer {
  const row = JSON.stringify({ id: 1, name: 'x'.repeat(200), nested: { list: [1, 2, 3] } });
  return Buffer.from(`${row}\n`.repeat(Math.floor(MEGABYTE / row.length)));
}

function* repeat(block: Buffer, blockBytes: number, chunkBytes: number): Generator<Buffer> {
  for (let done = 0; done < TOTAL_BYTES; done += blockBytes) {
    for (let at = 0; at < block.length; at += chunkBytes) yield block.subarray(at, at + chunkBytes);
  }
}

/** What the file is made of. */
const KINDS: Readonly<Record<string, () => Iterable<Buffer>>> = {
  lines: () => repeat(lines(), MEGABYTE, 64 * 1024),
  // A few kilobytes that become a megabyte, again and again.
  gzip: () => repeat(gzipSync(lines()), MEGABYTE, 64 * 1024),
  // Rows of nearly 4 MB, which arrive in many pieces.
  'large rows': () =>
    repeat(Buffer.from(`{"id":1,"text":"${'y'.repeat(4 * MEGABYTE - 100)}"}\n`), 4 * MEGABYTE, 64 * 1024),
  // Rows without a newline between them.
  concatenated: () => repeat(Buffer.from(lines().toString().replaceAll('\n', '')), MEGABYTE, 64 * 1024),
};

async function* stream(chunks: Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks;
}

const [kind = ''] = process.argv.slice(2);
const chunks = KINDS[kind];
if (chunks === undefined) throw new Error(`unknown kind ${kind}`);
const connection = JSON.parse(process.env['AIRTEMPO_TEST_DATABASE'] ?? '') as Connection;
const source: CopySource = {
  from: kind,
  skipped: [],
  files: async function* () {
    yield { name: kind, open: () => stream(chunks()) };
  },
  readText: () => Promise.reject(new Error('not needed')),
};
const session = await connectSql(connection);
const result = await loadTable({
  session,
  openSession: () => connectSql(connection),
  source,
  table: 't',
  options: parseCopyOptions({ format: 'json' }),
  write: { kind: 'replace' },
  loadId: 'generated',
});
await session.close();
const peakRssMb = readPeakKilobytes() / 1024;
process.stdout.write(
  `${JSON.stringify({ rows: result.rows, megabytes: result.bytes / MEGABYTE, peakRssMb })}\n`,
);

/** On Linux resourceUsage() begins with what the parent process had at the fork; the high-water mark is our own. */
function readPeakKilobytes(): number {
  try {
    const mark = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (mark !== null) return Number(mark[1]);
  } catch {
    // another system
  }
  return process.resourceUsage().maxRSS;
}
