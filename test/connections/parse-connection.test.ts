/** Airflow's parsing rules as tables, and what airtempo refuses where Airflow guesses. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';
import { formatConnectionRecord, formatConnectionUri, parseConnection } from '../../connections/index.js';

const without = (connection: Connection): Record<string, unknown> => {
  const { id: _id, ...rest } = connection;
  return rest;
};

const messageOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(AirtempoError);
    expect((error as AirtempoError).code).toBe('INVALID_CONNECTION');
    expect((error as AirtempoError).cause).toBeUndefined();
    return (error as AirtempoError).message;
  }
  throw new Error('expected a refusal');
};

describe('a URI', () => {
  const extra = {};
  test.each<[string, Record<string, unknown>]>([
    [
      'postgres://my-login:my-password@my-host:5432/my-schema?param1=val1&param2=val2',
      {
        type: 'postgres',
        login: 'my-login',
        password: 'my-password',
        host: 'my-host',
        port: 5432,
        schema: 'my-schema',
        extra: { param1: 'val1', param2: 'val2' },
      },
    ],
    [
      'aws://AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI%2FK7MDENG%2FbPxRfiCYEXAMPLEKEY@/?__extra__=%7B%22region_name%22%3A+%22eu-central-1%22%2C+%22config_kwargs%22%3A+%7B%22retries%22%3A+%7B%22mode%22%3A+%22standard%22%2C+%22max_attempts%22%3A+10%7D%7D%7D',
      {
        type: 'aws',
        login: 'AKIAIOSFODNN7EXAMPLE',
        password: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
        extra: {
          region_name: 'eu-central-1',
          config_kwargs: { retries: { mode: 'standard', max_attempts: 10 } },
        },
      },
    ],
    ['aws://', { type: 'aws', extra }],
    ['aws://?region_name=us-west-2', { type: 'aws', extra: { region_name: 'us-west-2' } }],
    [
      'aws://key:secretkey@/?endpoint_url=http://localhost:9000',
      { type: 'aws', login: 'key', password: 'secretkey', extra: { endpoint_url: 'http://localhost:9000' } },
    ],
    ['spark://local[*]', { type: 'spark', host: 'local[*]', extra }],
    [
      'spark://spark://master.example.com:7077',
      { type: 'spark', host: 'spark://master.example.com', port: 7077, extra },
    ],
    ['amazon-elastic-mapreduce://?cluster_name=lake', { type: 'emr', extra: { cluster_name: 'lake' } }],
    ['emr-serverless://?application_id=00f1', { type: 'emr_serverless', extra: { application_id: '00f1' } }],
    ['postgresql://host/dev', { type: 'postgres', host: 'host', schema: 'dev', extra }],
    ['amazon-web-services://', { type: 'aws', extra }],
    ['amazon_web_services://', { type: 'aws', extra }],
    ['REDSHIFT://Cluster.Example.COM', { type: 'redshift', host: 'cluster.example.com', extra }],
    [
      'postgres://u:p%40s%3As%2Fw%3F%23%25@h',
      { type: 'postgres', login: 'u', password: 'p@s:s/w?#%', host: 'h', extra },
    ],
    ['postgres://u:p@ss@h', { type: 'postgres', login: 'u', password: 'p@ss', host: 'h', extra }],
    ['postgres://u:a:b@h', { type: 'postgres', login: 'u', password: 'a:b', host: 'h', extra }],
    ['postgres://u:50%off+x@h', { type: 'postgres', login: 'u', password: '50%off+x', host: 'h', extra }],
    ['postgres://%C3%A9t%C3%A9:p@h', { type: 'postgres', login: 'été', password: 'p', host: 'h', extra }],
    ['postgres://:pw@h', { type: 'postgres', password: 'pw', host: 'h', extra }],
    ['postgres://u:@h', { type: 'postgres', login: 'u', host: 'h', extra }],
    ['postgres://@h', { type: 'postgres', host: 'h', extra }],
    ['postgres://@:5433', { type: 'postgres', port: 5433, extra }],
    ['postgres://h:/', { type: 'postgres', host: 'h', extra }],
    ['postgres:///dev', { type: 'postgres', schema: 'dev', extra }],
    ['postgres://h/a%2Fb', { type: 'postgres', host: 'h', schema: 'a/b', extra }],
    ['postgres://h/a/b', { type: 'postgres', host: 'h', schema: 'a/b', extra }],
    ['postgres://[::1]:5432/dev', { type: 'postgres', host: '::1', port: 5432, schema: 'dev', extra }],
    [
      'postgres://u:p@[2001:DB8::1]',
      { type: 'postgres', login: 'u', password: 'p', host: '2001:db8::1', extra },
    ],
    ['postgres://%3A%3A1:5432', { type: 'postgres', host: '::1', port: 5432, extra }],
    [
      'postgres://%2Fvar%2Frun%2Fpostgresql/dev',
      { type: 'postgres', host: '/var/run/postgresql', schema: 'dev', extra },
    ],
    ['postgres://h?a=', { type: 'postgres', host: 'h', extra: { a: '' } }],
    ['postgres://h?a&b=1', { type: 'postgres', host: 'h', extra: { a: '', b: '1' } }],
    ['postgres://h?a=1&&a=2', { type: 'postgres', host: 'h', extra: { a: '2' } }],
    [
      'postgres://h?this=some+val&that=x%2By',
      { type: 'postgres', host: 'h', extra: { this: 'some val', that: 'x+y' } },
    ],
    ['postgres://h?__extra__=', { type: 'postgres', host: 'h', extra }],
    ['postgres://h?user=a@b.c', { type: 'postgres', host: 'h', extra: { user: 'a@b.c' } }],
    [
      's3://http://k:s@localhost:9000',
      { type: 's3', login: 'k', password: 's', host: 'http://localhost', port: 9000, extra },
    ],
    ['s3://https://minio', { type: 's3', host: 'https://minio', extra }],
    ['  postgres://h\n', { type: 'postgres', host: 'h', extra }],
  ])('%s', (uri, expected) => {
    expect(without(parseConnection('c', uri))).toEqual(expected);
  });

  test.each<[string, RegExp]>([
    ['', /is empty/],
    ['   ', /is empty/],
    ['hunter2secret', /neither JSON nor a URI/],
    ['://u:hunter2secret@h', /neither JSON nor a URI/],
    ['mysql://u:hunter2secret@h', /unknown type "mysql"/],
    ['spark://--conf', /no Spark master: write local\[\*\], yarn/],
    ['postgress://h', /Did you mean "postgres"/],
    ['postgres://u:hunter2/secret@h:5432/db', /percent-encode/],
    ['postgres://u:1234/hunter2secret@h:5432/db', /percent-encode/],
    ['postgres://u:12?hunter2secret@h:5432/db', /percent-encode/],
    ['postgres://u:hunter2secret#x@h', /unencoded #/],
    ['postgres://u:hunter2://secret@h', /no meaning/],
    ['postgres://u://hunter2://secret@h', /no meaning/],
    ['postgres://u:%FFhunter2secret@h', /not UTF-8/],
    ['postgres://u:hunter2\nsecret@h', /line break/],
    ['postgres://u:hunter2secret@h:99999', /port "?99999/],
    ['postgres://u:hunter2secret@h:0', /port 0/],
    ['postgres://u:hunter2secret@h:-1', /port/],
    ['postgres://u:hunter2secret@h:54x', /not a number/],
    ['postgres://u:hunter2secret@[::1', /IPv6/],
    ['postgres://u:hunter2secret@h?__extra__=hunter2', /not valid JSON/],
    ['postgres://u:hunter2secret@h?__extra__=[1]', /not a JSON object/],
    ['postgres://u:hunter2secret@h%3A5439', /holds a port: set host to "h" and port to 5439/],
  ])('%s is refused without repeating the password', (uri, reason) => {
    const message = messageOf(() => parseConnection('c', uri, { place: 'variable X' }));
    expect(message).toMatch(reason);
    expect(message).toMatch(/^Connection "c" \(variable X\)/);
    expect(message).not.toMatch(/hunter2|secret/);
  });

  test('a megabyte is refused before it is read', () => {
    expect(messageOf(() => parseConnection('c', `postgres://${'a'.repeat(1_000_000)}`))).toMatch(
      /65536 are allowed/,
    );
  });
});

describe('JSON', () => {
  test.each<[string, string, Record<string, unknown>]>([
    [
      'Airflow’s documented example',
      '{"conn_type":"postgres","login":"my-login","password":"my-password","host":"my-host","port":1234,"schema":"my-schema","extra":{"param1":"val1","param2":"val2"}}',
      {
        type: 'postgres',
        login: 'my-login',
        password: 'my-password',
        host: 'my-host',
        port: 1234,
        schema: 'my-schema',
        extra: { param1: 'val1', param2: 'val2' },
      },
    ],
    ['the label of the form', '{"conn_type":"Amazon Web Services"}', { type: 'aws', extra: {} }],
    ['a capitalised type', '{"conn_type":"Postgres"}', { type: 'postgres', extra: {} }],
    ['"type" for short', '{"type":"s3"}', { type: 's3', extra: {} }],
    ['a port as text', '{"conn_type":"postgres","port":"5439"}', { type: 'postgres', port: 5439, extra: {} }],
    [
      'empty strings and nulls as absent',
      '{"conn_type":"postgres","host":"","login":null,"port":"","extra":"","schema":null}',
      { type: 'postgres', extra: {} },
    ],
    ['extra as text', '{"conn_type":"s3","extra":"{\\"a\\":1}"}', { type: 's3', extra: { a: 1 } }],
    [
      'extra_dejson',
      '{"conn_type":"s3","extra":null,"extra_dejson":{"a":1}}',
      { type: 's3', extra: { a: 1 } },
    ],
    [
      'bracketed IPv6',
      '{"conn_type":"postgres","host":"[::1]"}',
      { type: 'postgres', host: '::1', extra: {} },
    ],
    [
      'the case of a host',
      '{"conn_type":"postgres","host":"Db"}',
      { type: 'postgres', host: 'Db', extra: {} },
    ],
    [
      'a URI with a description',
      '{"uri":"postgres://h","description":"d"}',
      { type: 'postgres', host: 'h', description: 'd', extra: {} },
    ],
    ['its own id', '{"conn_id":"c","conn_type":"s3"}', { type: 's3', extra: {} }],
  ])('reads %s', (_rule, text, expected) => {
    expect(without(parseConnection('c', text))).toEqual(expected);
  });

  const endpoint = 'examplecluster.abc123.us-west-2.redshift.amazonaws.com';
  test.each<[string, string, RegExp]>([
    [
      'a missing type',
      '{"host":"h","password":"hunter2"}',
      /has no type: set conn_type to one of aws, s3, postgres, redshift/,
    ],
    ['a type that is no text', '{"conn_type":7,"password":"hunter2"}', /not text/],
    ['broken JSON', '{"conn_type":"postgres","password":"hunter2"', /not valid JSON/],
    ['an unknown key', '{"conn_type":"postgres","passwort":"hunter2"}', /unknown key "passwort"/],
    ['two names for one field', '{"conn_type":"s3","type":"aws"}', /type twice/],
    ['a URI beside fields', '{"uri":"postgres://u:hunter2@h","port":1}', /both "uri" and single fields/],
    ['another id inside', '{"conn_id":"d","conn_type":"s3"}', /another "conn_id"/],
    ['extra that is a list', '{"conn_type":"s3","extra":[1]}', /extra that is not a JSON object/],
    ['extra that is a number', '{"conn_type":"s3","extra":5}', /extra that is not a JSON object/],
    ['extra text that is no JSON', '{"conn_type":"s3","extra":"hunter2"}', /extra that is not valid JSON/],
    ['a port of 0', '{"conn_type":"postgres","port":0}', /port 0/],
    ['a port of 65536', '{"conn_type":"postgres","port":65536}', /1 to 65535/],
    ['a fractional port', '{"conn_type":"postgres","port":5439.5}', /port 5439.5/],
    ['a port in words', '{"conn_type":"postgres","port":"many"}', /port "many"/],
    ['a boolean port', '{"conn_type":"postgres","port":true}', /port true/],
    ['a host that is no text', '{"conn_type":"postgres","host":5}', /host that is not text/],
    [
      'a port in the host',
      `{"conn_type":"redshift","host":"${endpoint}:5439","password":"hunter2"}`,
      new RegExp(`holds a port: set host to "${endpoint}" and port to 5439\\.`),
    ],
    [
      'the endpoint as the console shows it',
      `{"conn_type":"redshift","host":"${endpoint}:5439/dev"}`,
      new RegExp(`set host to "${endpoint}", port to 5439 and schema to "dev"\\.`),
    ],
    [
      'a JDBC URL as host',
      `{"conn_type":"redshift","host":"jdbc:redshift://${endpoint}:5439/dev"}`,
      /port to 5439/,
    ],
    ['a URL as a database host', '{"conn_type":"postgres","host":"https://h"}', /is a URL: set host to "h"/],
    ['a login in the host', '{"conn_type":"postgres","host":"postgres://u:hunter2@h"}', /login in its host/],
    [
      'a port in an endpoint',
      '{"conn_type":"s3","host":"http://h:9000"}',
      /set host to "http:\/\/h" and port to 9000/,
    ],
    ['blanks in the host', '{"conn_type":"postgres","host":"a b"}', /blanks/],
    [
      'an AWS key with a line break',
      '{"conn_type":"aws","login":"AKIA","password":"hunter2\\n"}',
      /password with a blank/,
    ],
    ['a NUL', '{"conn_type":"postgres","password":"hunter2\\u0000"}', /broken character/],
    ['half a surrogate pair', '{"conn_type":"postgres","password":"hunter2\\ud800"}', /broken character/],
    ['deep nesting', `{"conn_type":"s3","extra":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}`, /deeper than 32/],
    ['a very long host', `{"conn_type":"s3","host":"${'h'.repeat(501)}"}`, /500 are allowed/],
  ])('refuses %s', (_rule, text, reason) => {
    const message = messageOf(() => parseConnection('c', text));
    expect(message).toMatch(reason);
    expect(message).not.toContain('hunter2');
  });

  test.each(['', 'a b', 'a=b', 'a\nb', 'x'.repeat(251), 'é'])('refuses the id %j', (id) => {
    expect(messageOf(() => parseConnection(id, '{"conn_type":"s3"}'))).toMatch(/connection id/);
  });

  test('a key named __proto__ in extra stays data', () => {
    const connection = parseConnection('c', '{"conn_type":"s3","extra":{"__proto__":{"polluted":true}}}');
    expect(Object.keys(connection.extra)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('writing a connection back', () => {
  const text = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((value) => !/[\0\p{Surrogate}]/u.test(value));
  const token = fc.stringMatching(/^[A-Za-z0-9+/=_!@#$%^&*()-]{1,40}$/);
  const name = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,20}[A-Za-z0-9])?$/);
  const host = fc.oneof(name, fc.ipV4(), fc.ipV6());
  const jsonValue = fc
    .jsonValue({ maxDepth: 3 })
    .map((value) => JSON.parse(JSON.stringify(value)) as unknown);
  const extra = fc.oneof(fc.dictionary(text, text), fc.dictionary(text, jsonValue, { maxKeys: 4 }));
  const common = { port: fc.integer({ min: 1, max: 65_535 }), schema: text, extra };
  const database = fc.record(
    {
      conn_type: fc.constantFrom('postgres', 'redshift'),
      host: fc.oneof(
        host,
        name.map((directory) => `/${directory}`),
      ),
      login: text,
      password: text,
      ...common,
    },
    { requiredKeys: ['conn_type'] },
  );
  const aws = fc.record(
    {
      conn_type: fc.constantFrom('aws', 's3'),
      host: fc.oneof(
        host,
        name.map((value) => `https://${value}`),
      ),
      login: token,
      password: token,
      ...common,
    },
    { requiredKeys: ['conn_type'] },
  );
  const record = fc
    .oneof(database, aws)
    .filter(
      (value) =>
        !/\p{Surrogate}|\0/u.test(JSON.stringify(value)) &&
        !JSON.stringify(value).includes('\\u0000') &&
        !/\\ud[89a-f]/.test(JSON.stringify(value)),
    );

  test('as a URI gives the same connection again', () => {
    fc.assert(
      fc.property(record, (value) => {
        const connection = parseConnection('c', JSON.stringify(value));
        expect(parseConnection('c', formatConnectionUri(connection))).toEqual(connection);
      }),
      { numRuns: 1_000 },
    );
  });

  test('as JSON gives the same connection again, with its description', () => {
    fc.assert(
      fc.property(record, text, (value, description) => {
        const connection = parseConnection('c', JSON.stringify({ ...value, description }));
        expect(parseConnection('c', JSON.stringify(formatConnectionRecord(connection)))).toEqual(connection);
      }),
    );
  });

  test('any text is parsed or refused with an error of ours', () => {
    const piece = fc.constantFrom(
      'postgres',
      '://',
      ':',
      '@',
      '/',
      '?',
      '#',
      '%',
      '[',
      ']',
      '&',
      '=',
      '{',
      '"',
      'a',
      '1',
    );
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join('')),
        (value) => {
          try {
            parseConnection('c', value);
          } catch (error) {
            expect(error).toMatchObject({ code: 'INVALID_CONNECTION' });
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test('nested extra goes under __extra__, as Airflow writes it', () => {
    const connection = parseConnection('c', '{"conn_type":"s3","extra":{"list":[1],"a":"b"}}');
    expect(formatConnectionUri(connection)).toBe(
      's3:///?__extra__=%7B%22list%22%3A%5B1%5D%2C%22a%22%3A%22b%22%7D',
    );
  });
});
