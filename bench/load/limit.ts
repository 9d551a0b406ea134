/** The other side: `psql \copy` of the same rows as CSV and the same statements. */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { connectSql } from '../../connections/postgres.js';
import type { Connection } from '../../core/connection.js';
import { renderLiteral, starTransactions } from './star.js';

export interface LimitInput {
  readonly postgres: Connection;
  readonly eventsCsv: string;
  readonly songsCsv: string;
}

/** Whether psql is installed. */
export function hasPsql(): boolean {
  try {
    execFileSync('psql', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The server as libpq's environment has it: passwords are no arguments. */
export function libpqEnv(postgres: Connection): NodeJS.ProcessEnv {
  return {
    PGHOST: postgres.host,
    PGPORT: String(postgres.port),
    PGUSER: postgres.login,
    PGPASSWORD: postgres.password,
    PGDATABASE: postgres.schema,
  };
}

/** Starts psql on the script. It prints "loaded" between load and star. */
export async function spawnPsql({ postgres, eventsCsv, songsCsv }: LimitInput): Promise<ChildProcess> {
  const star = (await starTransactions()).flatMap((statements) => [
    'BEGIN',
    ...statements.map(renderLiteral),
    'COMMIT',
  ]);
  const commands = [
    'BEGIN',
    `\\copy staging_events from '${eventsCsv}' csv`,
    'COMMIT',
    `\\copy staging_songs from '${songsCsv}' csv`,
    '\\echo loaded',
    ...star,
  ];
  return spawn(
    'psql',
    ['-X', '-q', '-v', 'ON_ERROR_STOP=1', ...commands.flatMap((command) => ['-c', command])],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...libpqEnv(postgres) },
    },
  );
}

/** Where psql is not installed: the CSV files piped into COPY as they are, by this process. */
export async function runPipe({ postgres, eventsCsv, songsCsv }: LimitInput): Promise<void> {
  const session = await connectSql(postgres);
  for (const [table, file] of [['staging_events', eventsCsv], ['staging_songs', songsCsv]] as const) {
    const writer = session.copyFrom(`COPY ${table} FROM STDIN WITH (FORMAT csv)`);
    const chunks: AsyncIterable<Buffer> = createReadStream(file, { highWaterMark: 65_536 });
    for await (const chunk of chunks) await writer.write(chunk);
    await writer.finish();
  } // prettier-ignore
  process.stdout.write('loaded\n');
  for (const statements of await starTransactions()) {
    await session.transaction(async () => {
      for (const statement of statements) await session.query(renderLiteral(statement));
    });
  }
  await session.close();
}
