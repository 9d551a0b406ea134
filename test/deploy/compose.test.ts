import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { DYNAMIC_CONFIG } from '../../local/temporal.js';

interface Service {
  readonly image?: string;
  readonly build?: unknown;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] } & Readonly<Record<string, unknown>>;
  readonly profiles?: readonly string[];
  readonly restart?: string;
  readonly security_opt?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const text = readFileSync('docker-compose.yml', 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);
const named = (name: string): Service => compose.services[name] ?? {};

describe('docker-compose.yml', () => {
  test('starts the platform, and Kafka and Spark on request', () => {
    const inProfile = (profile?: string): string[] =>
      services.filter(([, service]) => service.profiles?.[0] === profile).map(([name]) => name);
    expect(inProfile()).toEqual(['postgres', 'temporal', 'temporal-ui', 's3', 'worker']);
    expect(inProfile('kafka')).toEqual(['kafka']);
    expect(inProfile('spark')).toEqual(['spark-master', 'spark-worker']);
  });

  test.each(services)('%s runs an image of one fixed version', (_name, { image }) => {
    expect(image).toMatch(/^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?$/);
  });

  test.each(services)('%s has a health check with a bounded start', (_name, { healthcheck }) => {
    expect(healthcheck?.test[0]).toBe('CMD');
    expect(healthcheck).toMatchObject({
      interval: expect.any(String),
      timeout: expect.any(String),
      retries: expect.any(Number),
      start_period: expect.any(String),
    });
  });

  test.each(services)('%s publishes its ports on loopback only', (_name, { ports = [] }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  test('no two services publish the same port', () => {
    const published = services.flatMap(([, { ports = [] }]) => ports.map((port) => port.split(':')[1]));
    expect(new Set(published).size).toBe(published.length);
  });

  test.each(services)(
    '%s takes every secret from .env, without a default',
    (_name, { environment = {}, command = [] }) => {
      for (const [name, value] of Object.entries(environment)) {
        const secret = /PASSWORD|PWD|SECRET|_KEY$|TOKEN/.test(name);
        if (secret) expect(value).toMatch(/^\$\{[A-Z0-9_]+:\?[^}]+\}$/);
        if (name.startsWith('AIRTEMPO_CONN_'))
          expect(value).toMatch(/"password": "\$\{[A-Z0-9_]+:\?[^}]+\}"/);
      }
      // What is in the command line shows in `docker ps` and `ps`.
      expect(command.join(' ')).not.toContain('$');
    },
  );

  test('every variable is in .env.example, and none has a value there', () => {
    const used = new Set([...text.matchAll(/\$\{([A-Z0-9_]+)/g)].map((match) => match[1]));
    const example = readFileSync('.env.example', 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(new Set(example.map((line) => line.split('=')[0]))).toEqual(used);
    for (const line of example) expect(line).toMatch(/^[A-Z0-9_]+=$/);
  });

  test.each(services)('%s waits for services that exist, until they are healthy', (_name, service) => {
    for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(condition).toBe('service_healthy');
      expect(named(needed).healthcheck).toBeDefined();
      expect([undefined, service.profiles?.[0]]).toContain(named(needed).profiles?.[0]);
    }
  });

  test.each(services)(
    '%s mounts declared volumes, and files that are in the repository',
    (_name, { volumes = [] }) => {
      for (const volume of volumes) {
        const source = volume.split(':')[0] ?? '';
        if (source.startsWith('.')) expect(volume).toMatch(/:ro$/);
        else expect(Object.keys(compose.volumes)).toContain(source);
      }
    },
  );

  test.each(services)('%s comes back after a crash and gains no privileges', (_name, service) => {
    expect(service.restart).toBe('unless-stopped');
    expect(service.security_opt).toContain('no-new-privileges:true');
  });

  test('the connections of the worker are JSON that points at the services here', () => {
    const connections = Object.entries(named('worker').environment ?? {}).flatMap(([name, value]) =>
      name.startsWith('AIRTEMPO_CONN_')
        ? [JSON.parse(String(value).replace(/\$\{[^}]+\}/g, 'x')) as Record<string, unknown>]
        : [],
    );
    expect(connections.map((connection) => connection['conn_type'])).toEqual(['aws', 'postgres', 'postgres']);
    expect(connections[0]?.['extra']).toEqual({ endpoint_url: 'http://s3:7070', region_name: 'us-east-1' });
    expect(connections[1]).toMatchObject({ host: 'postgres', port: 5432, schema: 'dev', login: 'awsuser' });
  });

  test('Temporal is tuned exactly as the local stack is', () => {
    const config = parse(readFileSync('deploy/temporal/dynamicconfig.yaml', 'utf8')) as Record<
      string,
      { value: unknown }[]
    >;
    const entries = Object.entries(config).map(([key, [first]]) => `${key}=${String(first?.value)}`);
    expect(entries).toEqual(DYNAMIC_CONFIG);
    expect(named('temporal').environment?.['DYNAMIC_CONFIG_FILE_PATH']).toBe(
      '/etc/airtempo/dynamicconfig.yaml',
    );
    expect(named('temporal').volumes).toContain('./deploy/temporal:/etc/airtempo:ro');
  });

  test('the roles of Postgres take their passwords from the variables that the service is given', () => {
    const sql = readFileSync('deploy/postgres/10-roles.sql', 'utf8');
    const wanted = [...sql.matchAll(/\\getenv \w+ (\w+)/g)].map((match) => match[1]);
    expect(wanted).toEqual(['TEMPORAL_DB_PASSWORD', 'WAREHOUSE_PASSWORD']);
    expect(Object.keys(named('postgres').environment ?? {})).toEqual(expect.arrayContaining(wanted));
    expect(sql).not.toMatch(/PASSWORD '/);
  });
});

describe('Dockerfile', () => {
  const lines = readFileSync('Dockerfile', 'utf8')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const last = (word: string): string | undefined => lines.findLast((line) => line.startsWith(`${word} `));

  test('builds on one fixed version of Node, on Debian', () => {
    expect(lines[0]).toMatch(/^ARG NODE_IMAGE=node:22\.\d+\.\d+-bookworm-slim$/);
    const bases = lines.filter((line) => line.startsWith('FROM '));
    expect(bases.length).toBeGreaterThan(1);
    for (const base of bases) expect(base).toMatch(/^FROM \$\{NODE_IMAGE\}/);
  });

  test('runs as an ordinary user, with a health check and without development modules', () => {
    expect(last('USER')).toBe('USER node');
    expect(lines.lastIndexOf(last('USER') ?? '')).toBeGreaterThan(lines.lastIndexOf(last('COPY') ?? ''));
    expect(lines.filter((line) => line.trim().startsWith('HEALTHCHECK'))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('RUN npm ci')).at(-1)).toContain(
      '--omit=dev --ignore-scripts',
    );
  });

  test('takes no secret, neither as an argument nor from the folder', () => {
    expect(lines.filter((line) => /^(ARG|ENV)/.test(line)).join()).not.toMatch(/PASSWORD|SECRET|TOKEN|KEY/);
    const ignored = readFileSync('.dockerignore', 'utf8').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.env', '.env.*', '.airtempo', '.git', 'node_modules']));
  });

  test('finds the files that it copies by name', () => {
    const copied = lines
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from'))
      .flatMap((line) => line.split(/\s+/).slice(1, -1));
    for (const file of copied) expect(existsSync(file)).toBe(true);
  });
});
