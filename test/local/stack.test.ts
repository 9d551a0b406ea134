import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { chmod, chown, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Connection } from '../../core/connection.js';
import { ensureBinary } from '../../local/binaries/ensure-binary.js';
import { TEMPORAL_BINARY } from '../../local/binaries/temporal-binary.js';
import { isAlive, listProcesses, readStartMark } from '../../local/processes.js';
import type { ProgressEvent } from '../../local/progress.js';
import { readRunningStack } from '../../local/running-stack.js';
import { startStack } from '../../local/stack.js';
import type { LocalStack, ServiceExit, StackEndpoints } from '../../local/stack.js';
import { waitUntil } from '../../local/wait-until.js';
import { createScratchFolder, writeScript } from '../support/scratch.js';

const run = promisify(execFile);
/** Those of the processes that still run; one that ended but was not reaped yet does not count. */
async function running(stack: Pick<LocalStack, 'pids'>): Promise<readonly number[]> {
  const marks = await Promise.all(Object.values(stack.pids).map(readStartMark));
  return Object.values(stack.pids).filter((_pid, index) => marks[index] !== undefined);
}

const ANY_PORTS = { temporal: 0, temporalUi: 0, postgres: 0, s3: 0 };

async function query(connection: Connection, sql: string): Promise<readonly Record<string, unknown>[]> {
  const { host, port, schema, login, password } = connection;
  const client = new pg.Client({
    host: host!,
    port: port!,
    database: schema!,
    user: login!,
    password: password!,
  });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

function s3Client({ login, password, extra }: Connection): S3Client {
  return new S3Client({
    endpoint: String(extra['endpoint_url']),
    region: String(extra['region_name']),
    credentials: { accessKeyId: login!, secretAccessKey: password! },
    forcePathStyle: true,
  });
}

async function temporal(stack: Pick<StackEndpoints, 'temporal'>, ...args: string[]): Promise<string> {
  const binary = await ensureBinary(TEMPORAL_BINARY);
  return (await run(binary, [...args, '--address', stack.temporal.address])).stdout;
}

/** Leaves a mark in every service, and looks for it later. */
async function writeMarks(stack: LocalStack): Promise<void> {
  await query(stack.postgres, 'CREATE TABLE marks AS SELECT 42 AS mark');
  const s3 = s3Client(stack.s3);
  await s3.send(new CreateBucketCommand({ Bucket: 'marks' }));
  await s3.send(
    new PutObjectCommand({ Bucket: 'marks', Key: 'a/b', Body: 'mark', ContentType: 'text/x-mark' }),
  );
  await temporal(
    stack,
    'workflow',
    'start',
    '--type',
    'any',
    '--task-queue',
    'none',
    '--workflow-id',
    'mark',
  );
}

async function readMarks(stack: LocalStack): Promise<readonly unknown[]> {
  const object = await s3Client(stack.s3).send(new GetObjectCommand({ Bucket: 'marks', Key: 'a/b' }));
  const workflow = await temporal(stack, 'workflow', 'describe', '--workflow-id', 'mark', '-o', 'json');
  return [
    (await query(stack.postgres, 'SELECT mark FROM marks'))[0]?.['mark'],
    await object.Body?.transformToString(),
    object.ContentType,
    /"status": "(\w+)"/.exec(workflow)?.[1],
  ];
}

const MARKS = [42, 'mark', 'text/x-mark', 'WORKFLOW_EXECUTION_STATUS_RUNNING'];

let scratch: Awaited<ReturnType<typeof createScratchFolder>>;
let dir: string;
let stacks: { stop(): Promise<void> }[] = [];

beforeEach(async () => {
  scratch = await createScratchFolder();
  dir = path.join(scratch.dir, '.airtempo');
});
afterEach(async () => {
  await Promise.all(stacks.map((stack) => stack.stop()));
  stacks = [];
  await scratch.remove();
});

/** startStack that cannot outlive its test. */
const start: typeof startStack = async (options) => {
  const stack = await startStack({ durable: false, ports: ANY_PORTS, ...options });
  stacks.push(stack);
  return stack;
};

describe('a stack', () => {
  let own: Awaited<ReturnType<typeof createScratchFolder>>;
  let stack: LocalStack;
  let stackDir: string;
  const events: ProgressEvent[] = [];
  beforeAll(async () => {
    own = await createScratchFolder();
    stackDir = path.join(own.dir, '.airtempo');
    stack = await startStack({ dir: stackDir, ports: ANY_PORTS, onProgress: (event) => events.push(event) });
  });
  afterAll(async () => {
    await stack.stop();
    await own.remove();
  });

  test('answers on all its endpoints once it is started', async () => {
    await writeMarks(stack);
    expect(await readMarks(stack)).toEqual(MARKS);
    expect(await (await fetch(stack.temporal.uiUrl)).text()).toContain('<html');
  });

  test("has Redshift's names: awsuser, who is no superuser, owns dev", async () => {
    expect(
      await query(
        stack.postgres,
        'SELECT current_user, current_database(), usesuper, usecreatedb FROM pg_user WHERE usename = current_user',
      ),
    ).toEqual([{ current_user: 'awsuser', current_database: 'dev', usesuper: false, usecreatedb: true }]);
  });

  test('sorts by bytes, in UTF-8, and keeps what it has acknowledged', async () => {
    const settings =
      "SELECT name, setting FROM pg_settings WHERE name IN ('server_encoding', 'fsync', 'listen_addresses') ORDER BY 1";
    expect(await query(stack.postgres, settings)).toEqual([
      { name: 'fsync', setting: 'on' },
      { name: 'listen_addresses', setting: '127.0.0.1' },
      { name: 'server_encoding', setting: 'UTF8' },
    ]);
    expect(await query(stack.postgres, "SELECT 'a' < 'B' AS folds_case")).toEqual([{ folds_case: false }]);
  });

  test('refuses wrong passwords and keys', async () => {
    await expect(query({ ...stack.postgres, password: 'wrong' }, 'SELECT 1')).rejects.toThrow(
      /password authentication/,
    );
    await expect(query({ ...stack.postgres, login: 'postgres' }, 'SELECT 1')).rejects.toThrow(
      /password authentication/,
    );
    const forged = s3Client({ ...stack.s3, password: 'wrong' });
    await expect(forged.send(new CreateBucketCommand({ Bucket: 'forged' }))).rejects.toThrow(/signature/i);
  });

  test('runs Postgres as somebody else when it is started by root', async () => {
    if (process.getuid?.() !== 0 || process.platform !== 'linux') return;
    const status = await readFile(`/proc/${stack.pids.postgres}/status`, 'utf8');
    expect(/^Uid:\s+(\d+)/m.exec(status)?.[1]).not.toBe('0');
  });

  test('keeps its secrets to one file that only its owner reads', async () => {
    const secrets = [stack.postgres.password!, stack.s3.login!, stack.s3.password!];
    const seen = [
      ...(await listProcesses()).map((info) => info.commandLine),
      ...(await Promise.all(
        ['postgres', 's3', 'temporal'].map((name) =>
          readFile(path.join(stackDir, 'logs', `${name}.log`), 'utf8'),
        ),
      )),
      await readFile(path.join(stackDir, 'stack.json'), 'utf8'),
      JSON.stringify(events),
    ].join('\n');
    for (const secret of secrets) expect(seen).not.toContain(secret);
    expect((await stat(path.join(stackDir, 'credentials.json'))).mode & 0o777).toBe(0o600);
    expect((await readdir(stackDir)).filter((name) => name.startsWith('.'))).toEqual(['.gitignore']);
  });

  test('tells each step, and where each service answers', () => {
    const done = events.filter((event) => event.done).map((event) => event.message);
    expect(done).toEqual(
      expect.arrayContaining([
        `Temporal answers at ${stack.temporal.address}, its Web UI at ${stack.temporal.uiUrl}`,
        `Postgres answers at 127.0.0.1:${stack.postgres.port}`,
        `S3 answers at ${String(stack.s3.extra['endpoint_url'])}`,
      ]),
    );
  });

  test('is found by other processes', async () => {
    const found = await readRunningStack(stackDir);
    expect(found).toMatchObject({
      temporal: stack.temporal,
      postgres: stack.postgres,
      s3: stack.s3,
      ownerPid: process.pid,
    });
  });

  test('is started only once in a folder', async () => {
    await expect(startStack({ dir: stackDir })).rejects.toMatchObject({
      code: 'STACK_ALREADY_RUNNING',
      message: expect.stringContaining(
        `started by process ${process.pid}; its Web UI is ${stack.temporal.uiUrl}`,
      ),
    });
    expect(isAlive(stack.pids.postgres)).toBe(true);
  });

  test('keeps finished runs for a month', async () => {
    expect(await temporal(stack, 'operator', 'namespace', 'describe', '-n', 'default')).toMatch(
      /Retention\S*\s+(30d|720h)/,
    );
  });
});

test('a stopped stack is gone, and its data is there at the next start', async () => {
  const first = await start({ dir, searchAttributes: { DagId: 'Keyword' } });
  await writeMarks(first);
  await first.stop();
  expect(await running(first)).toEqual([]);
  expect(await readRunningStack(dir)).toBeUndefined();
  expect(await readdir(dir)).not.toContain('stack.json');

  const second = await start({ dir, searchAttributes: { DagId: 'Keyword' } });
  expect(await readMarks(second)).toEqual(MARKS);
  expect(second.postgres.password).toBe(first.postgres.password);
});

describe('after the process that started the stack is killed', () => {
  let starter: ChildProcess | undefined;
  afterEach(() => void starter?.kill('SIGKILL'));

  async function startElsewhere(
    services: readonly string[] = [],
    options: SpawnOptions = {},
  ): Promise<LocalStack> {
    const script = path.resolve('test/support/stack-starter.ts');
    starter = spawn(process.execPath, ['--import', 'tsx', script, dir, ...services], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
      ...options,
    });
    for await (const line of createInterface({ input: starter.stdout! }))
      return JSON.parse(line) as LocalStack;
    throw new Error('the starter ended early');
  }

  async function kill(process: ChildProcess): Promise<void> {
    const ended = new Promise((resolve) => process.once('exit', resolve));
    process.kill('SIGKILL');
    await ended;
  }

  test('the next start stops what was left and finds all data', async () => {
    const killed = await startElsewhere();
    await writeMarks(killed);
    await kill(starter!);
    expect(await running(killed)).toHaveLength(3);
    expect(await readRunningStack(dir)).toBeUndefined();

    const events: ProgressEvent[] = [];
    const stack = await start({ dir, onProgress: (event) => events.push(event) });
    expect(await running(killed)).toEqual([]);
    expect(await readMarks(stack)).toEqual(MARKS);
    expect(events.find((event) => event.message.startsWith('Stopped what was left'))?.message).toMatch(
      /(?=.*Temporal)(?=.*Postgres)(?=.*the S3 server)/,
    );
  });

  test('and all its services with it, the data is still there', async () => {
    const killed = await startElsewhere();
    await writeMarks(killed);
    const ended = kill(starter!);
    for (const pid of Object.values(killed.pids)) process.kill(pid, 'SIGKILL');
    await ended; // a process that is still dying holds its lock
    expect(await waitUntil(async () => (await running(killed)).length === 0, { timeoutMs: 10_000 })).toBe(
      true,
    );
    expect(await readMarks(await start({ dir, durable: true }))).toEqual(MARKS);
  });

  test('a Ctrl-C in the terminal reaches the owner alone, not the services', async () => {
    const stack = await startElsewhere();
    process.kill(-starter!.pid!, 'SIGINT');
    expect(await query(stack.postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await expect(startStack({ dir })).rejects.toMatchObject({ code: 'STACK_ALREADY_RUNNING' });
    await kill(starter!);
    await (await start({ dir })).stop();
  });

  test('an ordinary user without a home can start it, and so can root after that', async () => {
    if (process.getuid?.() !== 0) return;
    const user = { uid: 65_534, gid: 65_534 };
    await chown(scratch.dir, user.uid, user.gid);
    const env = {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      AIRTEMPO_CACHE: path.join(scratch.dir, 'cache'),
    };
    const first = await startElsewhere(['postgres'], { ...user, env });
    await query(first.postgres, 'CREATE TABLE marks AS SELECT 42 AS mark');
    await kill(starter!);
    const second = await start({ dir, services: ['postgres'] });
    expect(await query(second.postgres, 'SELECT mark FROM marks')).toEqual([{ mark: 42 }]);
    expect((await stat(path.join(dir, 'postgres'))).uid).toBe(user.uid);
  });
});

test('root can start it in a folder that everyone may enter, and in one that nobody else may', async () => {
  if (process.platform !== 'linux') return;
  for (const mode of [0o755, 0o700]) {
    await chmod(scratch.dir, mode);
    const stack = await start({ dir, services: ['postgres'] });
    expect(await query(stack.postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await stack.stop();
  }
});

test('a port in use is told, and another one is taken', async () => {
  const squatter = createServer();
  await new Promise<void>((resolve) => void squatter.listen(0, '127.0.0.1', resolve));
  const taken = (squatter.address() as { port: number }).port;
  const events: ProgressEvent[] = [];
  try {
    const stack = await start({
      dir,
      services: ['postgres'],
      ports: { postgres: taken },
      onProgress: (event) => events.push(event),
    });
    expect(stack.postgres.port).not.toBe(taken);
    expect(events.map((event) => event.message)).toContain(
      `Port ${taken} is in use: postgres takes ${stack.postgres.port}`,
    );
  } finally {
    squatter.close();
  }
});

test('only the services that are asked for are started', async () => {
  const stack = await start({ dir, services: ['s3'] });
  expect(Object.keys(stack.pids)).toEqual(['s3']);
  expect(Object.keys((await readRunningStack(dir)) ?? {}).sort()).toEqual(['ownerPid', 's3', 'startedAt']);
});

test('a service that dies later is reported with its last words, and left to its owner', async () => {
  const exits: ServiceExit[] = [];
  const stack = await start({ dir, services: ['postgres', 's3'], onExit: (exit) => exits.push(exit) });
  process.kill(stack.pids.s3, 'SIGTERM');
  expect(await waitUntil(() => exits.length > 0, { timeoutMs: 10_000 })).toBe(true);
  expect(exits[0]).toMatchObject({ service: 's3', logFile: path.join(dir, 'logs', 's3.log') });
  expect(exits[0]?.logTail).toContain('shutting down');
  const found = await readRunningStack(dir);
  expect(found?.postgres).toEqual(stack.postgres);
  expect(found?.s3).toBeUndefined();
  await stack.stop();
  expect(exits).toHaveLength(1);
});

describe('with another S3 program', () => {
  const use = (file: string): void => void (process.env['AIRTEMPO_VERSITYGW_BIN'] = file);
  afterEach(() => void delete process.env['AIRTEMPO_VERSITYGW_BIN']);

  test('a service that ends at start is an error with its last log lines, and nothing is left running', async () => {
    use(await writeScript(path.join(scratch.dir, 'broken'), 'echo "disk on fire" >&2', 'exit 3'));
    await expect(start({ dir, services: ['postgres', 's3'] })).rejects.toMatchObject({
      code: 'SERVICE_NOT_READY',
      message: expect.stringMatching(
        /^The S3 server ended at start with code 3\. Its log is .*s3\.log; .*\ndisk on fire$/,
      ),
    });
    const users = (await listProcesses()).filter((info) => info.commandLine.includes(dir));
    expect(users.map((info) => info.commandLine)).toEqual([]);
    delete process.env['AIRTEMPO_VERSITYGW_BIN'];
    await start({ dir, services: ['postgres', 's3'] });
  });

  test('what a Go program panics with is told, although the traces of its routines come after it', async () => {
    const trace = 'for line in $(seq 100); do echo "goroutine $line [select]:" >&2; done';
    const panic = 'echo "panic: listen tcp 127.0.0.1:7070: no such luck" >&2';
    use(await writeScript(path.join(scratch.dir, 'panics'), 'echo "starting" >&2', panic, trace, 'exit 2'));
    await expect(start({ dir, services: ['s3'] })).rejects.toMatchObject({
      message: expect.stringMatching(
        /the last lines:\npanic: listen tcp 127\.0\.0\.1:7070: no such luck\ngoroutine 89 .*\ngoroutine 90 /,
      ),
    });
  });

  test('a start that is cancelled leaves nothing running', async () => {
    use(await writeScript(path.join(scratch.dir, 'mute'), 'exec sleep 600'));
    const abort = new AbortController();
    const started = start({
      dir,
      services: ['postgres', 's3'],
      signal: abort.signal,
      onProgress: ({ step, done }) => {
        if (step === 'postgres' && done) abort.abort(new Error('Ctrl-C'));
      },
    });
    await expect(started).rejects.toThrow('Ctrl-C');
    expect((await listProcesses()).filter((info) => info.commandLine.includes('sleep 600'))).toEqual([]);
    expect(await readRunningStack(dir)).toBeUndefined();
  });

  test('without extended attributes, metadata goes beside the data, and stays there', async () => {
    const real = await ensureBinary(
      (await import('../../local/binaries/versitygw-binary.js')).VERSITYGW_BINARY,
    );
    const refuse =
      'case "$*" in *--sidecar*) ;; *) echo "xattr check failed: not supported" >&2; exit 1;; esac';
    use(await writeScript(path.join(scratch.dir, 'no-xattr'), refuse, `exec ${real} "$@"`));
    const stack = await start({ dir, services: ['s3'] });
    const s3 = s3Client(stack.s3);
    await s3.send(new CreateBucketCommand({ Bucket: 'marks' }));
    await s3.send(new PutObjectCommand({ Bucket: 'marks', Key: 'k', Body: 'v', ContentType: 'text/x-mark' }));
    await stack.stop();

    use(real);
    const again = await start({ dir, services: ['s3'] });
    const object = await s3Client(again.s3).send(new GetObjectCommand({ Bucket: 'marks', Key: 'k' }));
    expect(object.ContentType).toBe('text/x-mark');
  });
});

describe('damage is named, and nothing is deleted', () => {
  test('credentials that do not fit the data', async () => {
    const stack = await start({ dir, services: ['postgres'] });
    await stack.stop();
    const file = path.join(dir, 'credentials.json');
    const { postgresAdminPassword: _lost, ...rest } = JSON.parse(await readFile(file, 'utf8')) as Record<
      string,
      string
    >;
    await writeFile(file, JSON.stringify({ ...rest, postgresAdminPassword: 'x'.repeat(32) }));
    await expect(start({ dir, services: ['postgres'] })).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringContaining('credentials.json'),
    });
    expect(await readdir(path.join(dir, 'postgres'))).toContain('PG_VERSION');
  });

  test('a credentials file that cannot be read', async () => {
    await (await start({ dir, services: ['s3'] })).stop();
    await writeFile(path.join(dir, 'credentials.json'), '{"s3SecretKey": "short');
    await expect(start({ dir, services: ['s3'] })).rejects.toMatchObject({
      code: 'INVALID_CONNECTION',
      message: expect.not.stringContaining('short'),
    });
  });

  test('data of another Postgres version', async () => {
    await (await start({ dir, services: ['postgres'] })).stop();
    await writeFile(path.join(dir, 'postgres', 'PG_VERSION'), '17\n');
    await expect(start({ dir, services: ['postgres'] })).rejects.toThrow(/was made by Postgres 17/);
  });

  test('a Postgres data folder that was never finished is made anew', async () => {
    await (await start({ dir, services: ['postgres'] })).stop();
    const { rm } = await import('node:fs/promises');
    await rm(path.join(dir, 'postgres', 'airtempo-ready'));
    await rm(path.join(dir, 'postgres', 'global'), { recursive: true });
    expect(await query((await start({ dir, services: ['postgres'] })).postgres, 'SELECT 1 AS one')).toEqual([
      { one: 1 },
    ]);
  });
});
