/** The `connections` commands, run in process on a real store, with captured output. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  connectionsCommand,
  type ConnectionsCommandDeps,
  type ConnectionTester,
} from '../../cli/connections.js';
import { computeExitCode } from '../../cli/exit-code.js';
import {
  CONNECTION_TYPES,
  createConnectionRegistry,
  createDefaultConnectionStores,
  parseConnection,
  type Environment,
} from '../../connections/index.js';

const SECRET = 'hunter2-s3cr3t';
const KEY_ID = 'AKIAIOSFODNN7EXAMPLE';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'airtempo-cli-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

interface Session {
  readonly env?: Environment;
  readonly stdin?: string | undefined;
  /** Answers at the terminal, in order; without them there is no terminal. */
  readonly answers?: readonly string[];
  readonly tester?: ConnectionTester;
}

interface Outcome {
  readonly code: 0 | 1 | 2;
  readonly stdout: string;
  readonly stderr: string;
  readonly questions: readonly string[];
  /** Everything a person or a log would see. */
  readonly shown: string;
}

async function run(args: readonly string[], session: Session = {}): Promise<Outcome> {
  const env = session.env ?? {};
  const { environment, file } = createDefaultConnectionStores(env, directory);
  const [out, err, questions]: [string[], string[], string[]] = [[], [], []];
  const answers = [...(session.answers ?? [])];
  const ask = async (question: string): Promise<string> => {
    questions.push(question);
    return answers.shift() ?? '';
  };
  const tester = session.tester ?? (async () => ({ ok: true, message: 'fine' }));
  const deps: ConnectionsCommandDeps = {
    registry: createConnectionRegistry({ stores: [environment, file] }),
    store: file,
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    stdin: Object.assign(
      (async function* () {
        yield session.stdin ?? '';
      })(),
      { isTTY: session.stdin === undefined },
    ),
    env,
    testers: Object.fromEntries(
      CONNECTION_TYPES.map((type) => [type, tester]),
    ) as ConnectionsCommandDeps['testers'],
    prompt: session.answers === undefined ? undefined : { text: ask, secret: ask },
  };
  const finish = (code: 0 | 1 | 2): Outcome => {
    const [stdout, stderr] = [out.join(''), err.join('')];
    return { code, stdout, stderr, questions, shown: stdout + stderr + questions.join('') };
  };
  try {
    await connectionsCommand(deps).parseAsync([...args], { from: 'user' });
    return finish(0);
  } catch (error) {
    err.push((error as Error).message);
    return finish(computeExitCode(error));
  }
}

const stored = (id: string, env: Environment = {}) =>
  createDefaultConnectionStores(env, directory).file.get(id);
const put = (...texts: readonly [string, string][]) =>
  createDefaultConnectionStores({}, directory).file.put(texts.map(([id, text]) => parseConnection(id, text)));

describe('add', () => {
  test('aws_credentials asks for the access key ID and the secret key', async () => {
    const outcome = await run(['add', 'aws_credentials'], { answers: [KEY_ID, SECRET] });
    expect(outcome.questions).toEqual([
      expect.stringMatching(/^Access key ID/),
      expect.stringMatching(/^Secret access key/),
    ]);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(await stored('aws_credentials')).toEqual({
      id: 'aws_credentials',
      type: 'aws',
      login: KEY_ID,
      password: SECRET,
      extra: {},
    });
    expect(outcome.shown).not.toMatch(`${SECRET}|${KEY_ID}`);
  });

  test('redshift asks for host and password and knows schema, login and port', async () => {
    const outcome = await run(['add', 'redshift'], { answers: ['c.example.com', SECRET] });
    expect(outcome.questions).toEqual([expect.stringMatching(/^Host/), expect.stringMatching(/^Password/)]);
    expect(await stored('redshift')).toEqual({
      id: 'redshift',
      type: 'redshift',
      host: 'c.example.com',
      schema: 'dev',
      login: 'awsuser',
      password: SECRET,
      port: 5439,
      extra: {},
    });
  });

  test('the type may be given as in the form: Postgres, Amazon Web Services', async () => {
    await run(['add', 'redshift', '--conn-type', 'Postgres', '--conn-host', 'h', '--password-stdin'], {
      stdin: `${SECRET}\n`,
    });
    await run(
      [
        'add',
        'aws_credentials',
        '--conn-type',
        'Amazon Web Services',
        '--conn-login',
        KEY_ID,
        '--password-stdin',
      ],
      { stdin: SECRET },
    );
    expect(await stored('redshift')).toMatchObject({
      type: 'postgres',
      schema: 'dev',
      login: 'awsuser',
      port: 5439,
      password: SECRET,
    });
    expect(await stored('aws_credentials')).toMatchObject({ type: 'aws', login: KEY_ID, password: SECRET });
  });

  test('all flags together', async () => {
    const flags = [
      '--conn-type',
      's3',
      '--conn-host',
      'http://localhost',
      '--conn-port',
      '9000',
      '--conn-login',
      KEY_ID,
    ];
    const more = [
      '--conn-schema',
      'lake',
      '--conn-extra',
      '{"region_name":"us-west-2"}',
      '--conn-description',
      'the lake',
      '--json',
    ];
    const outcome = await run(['add', 'lake', ...flags, ...more], {
      env: { AIRTEMPO_CONN_PASSWORD: SECRET },
    });
    expect(JSON.parse(outcome.stdout)).toEqual({
      conn_id: 'lake',
      conn_type: 's3',
      description: 'the lake',
      host: 'http://localhost',
      schema: 'lake',
      login: '***MPLE',
      password: '***',
      port: 9000,
      extra: { region_name: 'us-west-2' },
    });
    expect(await stored('lake')).toMatchObject({ login: KEY_ID, password: SECRET });
  });

  test.each<[string, string[], string, Record<string, unknown>]>([
    [
      'a URI',
      ['--conn-uri-stdin'],
      `postgres://u:${SECRET}@h:5433/db\n`,
      { login: 'u', password: SECRET, port: 5433 },
    ],
    [
      'JSON',
      ['--conn-json-stdin'],
      JSON.stringify({ conn_type: 'postgres', password: SECRET }),
      { password: SECRET },
    ],
    [
      'a password for --conn-uri',
      ['--conn-uri', 'postgres://u@h', '--password-stdin'],
      SECRET,
      { login: 'u', password: SECRET },
    ],
    [
      'a password for --conn-json',
      ['--conn-json', '{"conn_type":"postgres"}', '--password-stdin'],
      `${SECRET}\r\n`,
      { password: SECRET },
    ],
  ])('reads %s from standard input', async (_what, flags, stdin, expected) => {
    expect(await run(['add', 'db', ...flags], { stdin })).toMatchObject({ code: 0 });
    expect(await stored('db')).toMatchObject(expected);
  });

  test('a password in an argument is refused with the reason, and nothing is stored', async () => {
    const refused: string[][] = [
      ['--conn-type', 'postgres', '--conn-password', SECRET],
      ['--conn-type', 'postgres', `--conn-password=${SECRET}`],
      ['--conn-uri', `postgres://u:${SECRET}@h`],
      ['--conn-uri', `postgres://u@h?sslpassword=${SECRET}`],
      ['--conn-json', JSON.stringify({ conn_type: 'postgres', password: SECRET })],
      ['--conn-type', 'aws', '--no-password', '--conn-extra', JSON.stringify({ session_token: SECRET })],
      [
        '--conn-type',
        's3',
        '--no-password',
        '--conn-extra',
        JSON.stringify({ endpoint_url: `http://u:${SECRET}@h` }),
      ],
    ];
    for (const flags of refused) {
      const outcome = await run(['add', 'db', ...flags], { answers: [] });
      expect(outcome).toMatchObject({ code: 2, questions: [] });
      expect(outcome.stderr).toMatch(/refused, because arguments can be read by every user/);
      expect(outcome.shown).not.toContain(SECRET);
    }
    expect(await stored('db')).toBeUndefined();
  });

  test.each<[string, string[], Session, 1 | 2, RegExp]>([
    ['no type', ['--conn-host', 'h'], {}, 1, /has no type: set conn_type/],
    ['a wrong port', ['--conn-type', 'postgres', '--conn-port', '543x'], {}, 1, /port "543x"/],
    [
      'a port in the host',
      ['--conn-type', 'postgres', '--conn-host', 'h:5432'],
      {},
      1,
      /holds a port: set host to "h" and port to 5432/,
    ],
    ['an unknown type', ['--conn-type', 'postgress'], {}, 1, /Did you mean "postgres"/],
    [
      'no password and no terminal',
      ['--conn-type', 'postgres'],
      {},
      2,
      /--password-stdin, AIRTEMPO_CONN_PASSWORD, or --no-password/,
    ],
    [
      'an empty password',
      ['--conn-type', 'postgres', '--password-stdin'],
      { stdin: '\n' },
      2,
      /is empty: use --no-password/,
    ],
    ['nothing piped in', ['--conn-type', 'postgres', '--password-stdin'], {}, 2, /Nothing is piped in/],
    ['a URI and fields', ['--conn-uri', 'postgres://h', '--conn-port', '1'], {}, 2, /cannot be mixed/],
    ['a URI and JSON', ['--conn-uri', 'postgres://h', '--conn-json-stdin'], {}, 2, /not both/],
    ['two things on standard input', ['--conn-uri-stdin', '--password-stdin'], { stdin: 'x' }, 2, /not both/],
    [
      'two passwords',
      ['--conn-uri-stdin'],
      { stdin: `postgres://u:${SECRET}@h`, env: { AIRTEMPO_CONN_PASSWORD: SECRET } },
      2,
      /given twice/,
    ],
    ['an unknown flag', [`--conn-pasword=${SECRET}`], {}, 2, /unknown option '--conn-pasword=\*\*\*'/],
    ['a second argument', [`postgres://u:${SECRET}@h`], {}, 2, /too many arguments/],
  ])('refuses %s', async (_what, flags, session, code, message) => {
    const outcome = await run(['add', 'db', ...flags], session);
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.shown).not.toContain(SECRET);
    expect(await stored('db')).toBeUndefined();
  });

  test('a preset without a terminal names the flag that is missing', async () => {
    expect(await run(['add', 'redshift'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--conn-host is missing'),
    });
    expect(await run(['add', 'aws_credentials'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--conn-login is missing'),
    });
  });

  test('the host is checked before the password is asked for', async () => {
    const outcome = await run(['add', 'redshift', '--conn-host', 'h:5439/dev'], { answers: [SECRET] });
    expect(outcome).toMatchObject({ code: 1, questions: [] });
    expect(outcome.stderr).toMatch(/set host to "h", port to 5439 and schema to "dev"/);
  });

  test('redshift without a host is not stored', async () => {
    expect(await run(['add', 'redshift'], { answers: ['', SECRET] })).toMatchObject({
      code: 2,
      stderr: 'No host was given: nothing was stored.',
    });
    expect(await stored('redshift')).toBeUndefined();
  });

  test('no login means the default credential chain: no password is asked for', async () => {
    const outcome = await run(['add', 'aws_credentials'], { answers: [''] });
    expect(outcome.questions).toHaveLength(1);
    expect(await stored('aws_credentials')).toEqual({ id: 'aws_credentials', type: 'aws', extra: {} });
  });

  test('what exists is only replaced with --overwrite, and refused before questions', async () => {
    await put(['db', 'postgres://old']);
    const flags = ['add', 'db', '--conn-type', 'postgres', '--conn-host', 'new'];
    expect(await run(flags, { answers: [SECRET] })).toMatchObject({
      code: 1,
      questions: [],
      stderr: expect.stringContaining('--overwrite'),
    });
    expect(await run([...flags, '--overwrite'], { answers: [SECRET] })).toMatchObject({ code: 0 });
    expect((await stored('db'))?.host).toBe('new');
  });

  test('warns when a variable hides the new connection', async () => {
    const env = { AIRFLOW_CONN_DB: `postgres://u:${SECRET}@h` };
    const outcome = await run(['add', 'db', '--conn-type', 'postgres', '--no-password'], { env });
    expect(outcome.stderr).toMatch(/variable AIRFLOW_CONN_DB holds "db" too/);
    expect(outcome.shown).not.toContain(SECRET);
  });
});

describe('get, list and delete', () => {
  beforeEach(() =>
    put(
      ['aws_credentials', `aws://${KEY_ID}:${SECRET}@/?session_token=token-${SECRET}`],
      ['redshift', `redshift://awsuser:${SECRET}@h.example.com:5439/dev?sslmode=require`],
      ['odd', JSON.stringify({ conn_type: 's3', description: 'a\u001b[31mb' })],
    ),
  );
  const env = {
    AIRTEMPO_CONN_REDSHIFT: `redshift://env:${SECRET}@env.example.com`,
    AIRTEMPO_CONN_BAD: SECRET,
  };

  test('nothing secret is shown without --show-secrets, in text or JSON', async () => {
    const commands = [
      ['get', 'redshift'],
      ['get', 'aws_credentials'],
      ['list'],
      ['list', '--conn-id', 'redshift'],
    ];
    for (const command of commands.flatMap((args) => [args, [...args, '--json']])) {
      const outcome = await run(command, { env });
      expect(outcome.code).toBe(0);
      expect(outcome.shown).not.toContain(SECRET);
      expect(outcome.shown).not.toContain(KEY_ID);
    }
  });

  test('with --show-secrets they are shown', async () => {
    for (const command of [['get', 'aws_credentials'], ['list']].flatMap((args) => [
      args,
      [...args, '--json'],
    ])) {
      const { stdout } = await run([...command, '--show-secrets']);
      expect(stdout).toContain(SECRET);
      expect(stdout).toContain(KEY_ID);
    }
  });

  test('get tells the source', async () => {
    expect((await run(['get', 'redshift'])).stdout).toBe(
      `Connection Id: redshift\nConnection Type: redshift\nDescription:\nHost: h.example.com\nSchema: dev\nLogin: awsuser\nPassword: ***\nPort: 5439\nExtra: {"sslmode":"require"}\nSource: file ${join(directory, '.airtempo', 'connections.json')}\n`,
    );
    const record = JSON.parse((await run(['get', 'redshift', '--json'], { env })).stdout) as Record<
      string,
      unknown
    >;
    expect(record).toMatchObject({
      host: 'env.example.com',
      source: 'environment',
      place: 'variable AIRTEMPO_CONN_REDSHIFT',
    });
  });

  test('list shows the variables too, what they hide, and what cannot be read', async () => {
    const { stdout, stderr } = await run(['list', '--json'], { env });
    expect(JSON.parse(stdout)).toMatchObject([
      { conn_id: 'aws_credentials', source: 'file', shadowed: [] },
      { conn_id: 'bad', source: 'environment', error: expect.stringContaining('AIRTEMPO_CONN_BAD') },
      { conn_id: 'odd' },
      { conn_id: 'redshift', source: 'environment', shadowed: [expect.stringMatching(/^file/)] },
    ]);
    expect(stderr).toBe('');
    const text = await run(['list'], { env });
    expect(text.stdout).toMatch(/bad .*\(unreadable\)/);
    expect(text.stdout).toMatch(/hides file/);
    expect(text.stderr).toMatch(/^Warning: .*AIRTEMPO_CONN_BAD/);
  });

  test('an empty list tells how to begin', async () => {
    const { stdout } = await run(['list', '--conn-id', 'none']);
    expect(stdout).toMatch(/airtempo connections add/);
    expect(JSON.parse((await run(['list', '--conn-id', 'none', '--json'])).stdout)).toEqual([]);
  });

  test('control characters do not reach the terminal', async () => {
    const { stdout } = await run(['get', 'odd']);
    expect(stdout).toContain('Description: a\\u001b[31mb');
    expect((await run(['list'])).stdout).not.toContain('\u001b');
  });

  test('an unknown id fails with a suggestion', async () => {
    expect(await run(['get', 'redshft'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Did you mean "redshift"'),
    });
  });

  test('delete removes from the file only', async () => {
    expect(await run(['delete', 'redshift'])).toMatchObject({ code: 0 });
    expect(await stored('redshift')).toBeUndefined();
    expect(await run(['delete', 'redshift'], { env })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/is in variable AIRTEMPO_CONN_REDSHIFT, not in file/),
    });
    expect(await run(['delete', 'redshift'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no connection'),
    });
  });
});

describe('test', () => {
  beforeEach(() => put(['db', `postgres://u:${SECRET}@h`], ['other', 'postgres://other']));

  test('prints what the tester found', async () => {
    expect(await run(['test', 'db'])).toMatchObject({ code: 0, stdout: 'db: ok: fine\n' });
    expect(JSON.parse((await run(['test', 'db', '--json'])).stdout)).toEqual({
      conn_id: 'db',
      ok: true,
      message: 'fine',
    });
  });

  test('a failure exits with 1, and a password echoed by the server is masked', async () => {
    const tester: ConnectionTester = async ({ password }) => ({ ok: false, message: `no ${password}` });
    expect(await run(['test', 'db'], { tester })).toMatchObject({ code: 1, stdout: 'db: failed: no ***\n' });
    const throwing: ConnectionTester = async ({ password }) => Promise.reject(new Error(`no ${password}`));
    const outcome = await run(['test', 'db'], { tester: throwing });
    expect(outcome).toMatchObject({ code: 1, stdout: 'db: failed: no ***\n' });
    expect(outcome.shown).not.toContain(SECRET);
  });

  test('a tester that never answers is given up, and told so', async () => {
    const signals: AbortSignal[] = [];
    const tester: ConnectionTester = (_connection, signal) => {
      signals.push(signal);
      return new Promise(() => undefined);
    };
    const outcome = await run(['test', 'db', '--timeout', '0.05'], { tester });
    expect(outcome).toMatchObject({ code: 1, stdout: expect.stringContaining('no answer within 0.05 s') });
    expect(signals[0]?.aborted).toBe(true);
  });

  test('--all tests every connection, the unreadable ones too', async () => {
    const outcome = await run(['test', '--all'], { env: { AIRTEMPO_CONN_BAD: SECRET } });
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toMatch(/^bad: failed: .*\ndb: ok: fine\nother: ok: fine\n$/);
    expect(outcome.shown).not.toContain(SECRET);
  });

  test.each([[[]], [['db', '--all']], [['db', '--timeout', 'soon']], [['db', '--timeout', '-1']]])(
    '%j is wrong usage',
    async (args) => {
      expect((await run(['test', ...args])).code).toBe(2);
    },
  );
});

describe('import and export', () => {
  const airflowExport = {
    aws_credentials: {
      conn_type: 'aws',
      description: null,
      host: null,
      login: KEY_ID,
      password: SECRET,
      schema: null,
      port: null,
      extra: null,
    },
    redshift: {
      conn_type: 'postgres',
      description: "the warehouse's",
      host: 'h',
      login: 'awsuser',
      password: `${SECRET} '"#$&=%~`,
      schema: 'dev',
      port: 5439,
      extra: '{"sslmode": "require", "keepalives": "1"}',
    },
  };
  const path = (name: string): string => join(directory, name);

  test('reads what Airflow exports, and gives it back', async () => {
    await writeFile(path('in.json'), JSON.stringify(airflowExport));
    expect(await run(['import', path('in.json')])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Imported 2 of 2'),
    });
    const before = [await stored('aws_credentials'), await stored('redshift')];
    expect(before).toMatchObject([{ login: KEY_ID }, { type: 'postgres', extra: { sslmode: 'require' } }]);
    for (const name of ['out.json', 'out.env']) {
      const outcome = await run(['export', path(name)]);
      expect(outcome).toMatchObject({ code: 0 });
      expect(outcome.shown).not.toContain(SECRET);
      expect(((await stat(path(name))).mode & 0o777).toString(8)).toBe('600');
      await run(['delete', 'aws_credentials']);
      await run(['delete', 'redshift']);
      expect(await run(['import', path(name)])).toMatchObject({ code: 0 });
      expect([await stored('aws_credentials'), await stored('redshift')]).toEqual(before);
    }
  });

  test('an exported env file means the same to a shell', async () => {
    await put(
      ['redshift', JSON.stringify(airflowExport.redshift)],
      ['db', `postgres://u:${encodeURIComponent('~a\'b"c$d&e f')}@h?a=1`],
    );
    await run(['export', path('out.env')]);
    const { execFileSync } = await import('node:child_process');
    const script = `set -a; . ${path('out.env')}; ${process.execPath} -e 'console.log(JSON.stringify(process.env))'`;
    const env = JSON.parse(execFileSync('sh', ['-c', script], { encoding: 'utf8', env: {} })) as Environment;
    const { environment } = createDefaultConnectionStores(env, directory);
    expect(await environment.get('redshift')).toEqual(await stored('redshift'));
    expect(await environment.get('db')).toEqual(await stored('db'));
  });

  test('reads env files with either prefix, bare ids, quotes and comments', async () => {
    const text = `# comment\nexport AIRTEMPO_CONN_A='postgres://a'\nAIRFLOW_CONN_B="{\\"conn_type\\": \\"s3\\"}"\n\nc = postgres://c\n`;
    expect(await run(['import', '-'], { stdin: text })).toMatchObject({ code: 0 });
    expect([await stored('a'), await stored('b'), await stored('c')]).toMatchObject([
      { host: 'a' },
      { type: 's3' },
      { host: 'c' },
    ]);
  });

  test('one wrong connection stops all, unless --skip-invalid is given', async () => {
    const stdin = JSON.stringify({
      good: 'postgres://h',
      mysql_default: { conn_type: 'mysql', password: SECRET },
      bad: SECRET,
    });
    const refused = await run(['import', '-'], { stdin });
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Nothing was imported[^]*mysql[^]*"bad"/),
    });
    expect(await stored('good')).toBeUndefined();
    const outcome = await run(['import', '-', '--skip-invalid', '--json'], { stdin });
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      imported: ['good'],
      skipped: [],
      invalid: [{}, {}].map(() => expect.any(String)),
    });
    expect(refused.shown + outcome.shown).not.toContain(SECRET);
  });

  test('what exists is skipped with a warning, or replaced with --overwrite', async () => {
    await put(['db', 'postgres://old']);
    const stdin = '{"db":"postgres://new"}';
    expect(await run(['import', '-'], { stdin })).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('skipped "db"'),
    });
    expect((await stored('db'))?.host).toBe('old');
    await run(['import', '-', '--overwrite'], { stdin });
    expect((await stored('db'))?.host).toBe('new');
  });

  test.each<[string, RegExp]>([
    ['{"a":', /not valid JSON/],
    ['[]', /not an object of connections/],
    [`just ${SECRET}`, /Line 1 of standard input is not NAME=value/],
    ['AIRTEMPO_CONN_A=postgres://h\nAIRFLOW_CONN_A=postgres://h', /holds "a" twice/],
  ])('refuses the file %j', async (stdin, message) => {
    const outcome = await run(['import', '-'], { stdin });
    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringMatching(message) });
    expect(outcome.shown).not.toContain(SECRET);
  });

  test('a missing file and YAML are wrong usage', async () => {
    expect(await run(['import', path('none.json')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('ENOENT'),
    });
    expect(await run(['import', path('x.yaml')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--file-format json'),
    });
  });

  test('secrets go to standard output only with --show-secrets', async () => {
    await put(['db', `postgres://u:${SECRET}@h`]);
    const refused = await run(['export', '-']);
    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--show-secrets') });
    expect((await run(['export', '-', '--show-secrets'])).stdout).toContain(SECRET);
  });

  test('an existing file is kept unless --overwrite is given, and a directory always', async () => {
    await writeFile(path('mine'), 'mine');
    expect(await run(['export', path('mine')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--overwrite'),
    });
    expect(await readFile(path('mine'), 'utf8')).toBe('mine');
    expect(await run(['export', path('mine'), '--overwrite'])).toMatchObject({ code: 0 });
    expect(await run(['export', directory, '--overwrite'])).toMatchObject({ code: 2 });
  });

  test('an id that no variable can hold is refused in the env format', async () => {
    await put(['my-db', 'postgres://h']);
    expect(await run(['export', path('x.env')])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('"my-db"'),
    });
    expect(await run(['export', path('x.json')])).toMatchObject({ code: 0 });
  });
});

test('rotate-key encrypts everything anew and says what to do next', async () => {
  const [oldKey, key] = [Buffer.alloc(32, 1).toString('base64'), Buffer.alloc(32, 2).toString('base64')];
  const [before, both] = [
    { AIRTEMPO_ENCRYPTION_KEY: oldKey },
    { AIRTEMPO_ENCRYPTION_KEY: `${key},${oldKey}` },
  ];
  await run(['add', 'db', '--conn-type', 'postgres', '--password-stdin'], { env: before, stdin: SECRET });
  const outcome = await run(['rotate-key'], { env: both });
  expect(outcome.stdout).toMatch(
    /^Encrypted 1 connections with key [0-9a-f]{16}\.\nYou can now remove all keys but the first/,
  );
  expect(outcome.shown).not.toContain(key);
  expect((await stored('db', { AIRTEMPO_ENCRYPTION_KEY: key }))?.password).toBe(SECRET);
  expect(await run(['get', 'db'], { env: before })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('add the old key'),
  });
});

test('help shows examples, goes to standard output and is no failure', async () => {
  for (const command of ['add', 'get', 'list', 'delete', 'test', 'import', 'export', 'rotate-key']) {
    const { code, stdout } = await run([command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples?:\n {2}\$ /);
  }
  expect((await run(['--help'])).stdout).toMatch(/Exit codes: 0 done, 1 failed, 2 wrong usage/);
});
