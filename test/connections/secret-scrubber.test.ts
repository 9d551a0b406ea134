/** Secrets disappear from text, log objects and errors in every spelling; nothing else changes. */
import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AirtempoError } from '../../core/errors.js';
import type { Connection } from '../../core/connection.js';
import {
  createSecretScrubber,
  formatConnectionUri,
  isSensitiveName,
  maskConnection,
  parseConnection,
  type SecretScrubber,
} from '../../connections/index.js';

const withPassword = (password: string, extra: Record<string, unknown> = {}): Connection => ({
  id: 'c',
  type: 'postgres',
  login: 'awsuser',
  password,
  extra,
});
const scrubberFor = (...connections: Connection[]): SecretScrubber => {
  const scrubber = createSecretScrubber();
  for (const connection of connections) scrubber.register(connection);
  return scrubber;
};
const password = 'p@ss "wörd"/+☃\\x';

describe('a text', () => {
  const json = JSON.stringify(password).slice(1, -1);
  const url = new URL('http://u@h');
  url.password = password;
  test.each<[string, string]>([
    ['plain', password],
    ['as a URI component', encodeURIComponent(password)],
    ['in lower-case escapes', encodeURIComponent(password).toLowerCase().replace('w%c3%b6rd', 'w%c3%b6rd')],
    ['as a whole URI', encodeURI(password)],
    ['as the password of a URL', url.password],
    ['as a form value', new URLSearchParams({ p: password }).toString().slice(2)],
    ['in Airflow’s URI', formatConnectionUri(withPassword(password)).slice(19, -1)],
    ['in JSON', json],
    ['in JSON in JSON', JSON.stringify(json).slice(1, -1)],
    ['in Python’s JSON', 'p@ss \\"w\\u00f6rd\\"/+\\u2603\\\\x'],
    ['in base64', Buffer.from(password).toString('base64')],
    ['in base64 without padding', Buffer.from(password).toString('base64').replace(/=+$/, '')],
    ['in URL-safe base64', Buffer.from(password).toString('base64url')],
  ])('loses a password %s', (_form, spelled) => {
    expect(scrubberFor(withPassword(password)).scrub(`before ${spelled} after ${spelled}`)).toBe(
      'before *** after ***',
    );
  });

  test.each(['', 'x', 'xy', 'xyz'])(
    'loses a password inside base64 of a longer text (%j before it)',
    (before) => {
      const encoded = Buffer.from(`${before}s3cr3t-password, and more`).toString('base64');
      const scrubbed = scrubberFor(withPassword('s3cr3t-password')).scrub(encoded);
      expect(Buffer.from(scrubbed.replaceAll('*', 'A'), 'base64').toString()).not.toContain('cr3t-passwor');
    },
  );

  test('any password of 5 characters or more is gone, and the text around it is whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 5, maxLength: 40 }), (secret) => {
        const scrubber = scrubberFor(withPassword(secret));
        for (const form of [secret, JSON.stringify(secret), Buffer.from(secret).toString('base64')]) {
          expect(scrubber.scrub(form)).toContain('***');
          expect(scrubber.scrub(form)).not.toContain(secret);
        }
      }),
    );
  });

  test('the longest of several secrets with one beginning is replaced as a whole', () => {
    const scrubber = scrubberFor(withPassword('hunter2'), withPassword('hunter2-long'));
    expect(scrubber.scrub('hunter2-long hunter2')).toBe('*** ***');
  });

  test('values shorter than 5 characters are not masked, and the empty one never', () => {
    const scrubber = scrubberFor(withPassword('abcd'), withPassword(''), withPassword('x', { token: '' }));
    expect(scrubber.scrub('abcd x ""')).toBe('abcd x ""');
  });

  test('an access key id is a secret, a database login is not', () => {
    const aws = parseConnection('a', 'aws://AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI@');
    const scrubber = scrubberFor(aws, withPassword('hunter2'));
    expect(scrubber.scrub('AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI awsuser')).toBe('*** *** awsuser');
  });

  test('sensitive extras are secrets, however deep, also in URLs and in JSON kept as text', () => {
    const extra = {
      session_token: 'session-1',
      assume: { externalId: 'external-1', list: [{ api_key: 'apikey-1' }] },
      endpoint_url: 'http://user:urlpass-1@host/',
      nested: '{"client_secret":"nested-1"}',
      region_name: 'us-west-2',
    };
    const text = 'session-1 external-1 apikey-1 urlpass-1 nested-1 us-west-2';
    expect(scrubberFor(withPassword('hunter2', extra)).scrub(text)).toBe('*** *** *** *** *** us-west-2');
  });

  test('without registered secrets nothing changes', () => {
    expect(createSecretScrubber().scrub('password')).toBe('password');
  });
});

describe('a value', () => {
  const scrubber = scrubberFor(withPassword('hunter2'));

  test('is scrubbed deeply without being changed', () => {
    const original = {
      message: 'with hunter2',
      list: ['hunter2', 1, null, undefined, true],
      map: new Map([['hunter2', 'hunter2']]),
      set: new Set(['hunter2']),
      at: new Date(0),
      url: new URL('http://u:hunter2@h/'),
      'key hunter2': 1,
    };
    const before = inspect(original, { depth: 9 });
    const scrubbed = scrubber.scrubValue(original);
    expect(inspect(original, { depth: 9 })).toBe(before);
    expect(inspect(scrubbed, { depth: 9 })).not.toContain('hunter2');
    expect(scrubbed.list).toEqual(['***', 1, null, undefined, true]);
    expect(scrubbed.map).toEqual(new Map([['***', '***']]));
  });

  test('without a secret is returned as it is', () => {
    const original = { a: ['b', { c: new Error('fine') }], at: new Date(0), buffer: Buffer.from('x') };
    expect(scrubber.scrubValue(original)).toBe(original);
  });

  test('texts under sensitive names are masked, numbers and lengths are not', () => {
    const value = {
      password: 'other',
      tokens: 5,
      nested: { authorization: ['Bearer x'] },
      accessKeyId: 'A',
      empty: { secret: '' },
    };
    expect(scrubber.scrubValue(value)).toEqual({
      password: '***',
      tokens: 5,
      nested: { authorization: ['***'] },
      accessKeyId: '***',
      empty: { secret: '' },
    });
  });

  test('an error keeps its class and code; message, stack, cause and fields are scrubbed', () => {
    const cause = Object.assign(new Error('cause hunter2'), { detail: 'hunter2' });
    const error = new AirtempoError('SQL_FAILED', 'with hunter2', { cause });
    const scrubbed = scrubber.scrubValue(error);
    expect(scrubbed).toBeInstanceOf(AirtempoError);
    expect(scrubbed).toMatchObject({ code: 'SQL_FAILED', message: 'with ***', retryable: false });
    expect(scrubbed.cause).toMatchObject({ message: 'cause ***', detail: '***' });
    expect(inspect(scrubbed) + String(scrubbed.stack)).not.toContain('hunter2');
    expect(error.message).toBe('with hunter2');
  });

  test('an AggregateError is scrubbed too', () => {
    const error = new AggregateError([new Error('hunter2')], 'several');
    expect(scrubber.scrubValue(error).errors).toMatchObject([{ message: '***' }]);
  });

  test('cycles end, and stay cycles', () => {
    const value: { text: string; self?: unknown } = { text: 'hunter2' };
    value.self = value;
    const scrubbed = scrubber.scrubValue(value);
    expect(scrubbed.text).toBe('***');
    expect(scrubbed.self).toBe(scrubbed);
  });

  test('one object under a harmless and a sensitive name is masked under the sensitive one', () => {
    const shared = { value: 'unregistered' };
    expect(scrubber.scrubValue({ plain: shared, secret: shared })).toEqual({
      plain: { value: 'unregistered' },
      secret: { value: '***' },
    });
  });

  test('nesting deeper than the stack is dropped, not let through', () => {
    let value: unknown = 'hunter2';
    for (let level = 0; level < 50_000; level += 1) value = [value];
    expect(JSON.stringify(scrubber.scrubValue([value])).length).toBeLessThan(1_000);
  });
});

describe('a long-lived process', () => {
  test('registering again costs nothing and rotating tokens do not pile up', () => {
    const scrubber = scrubberFor(withPassword('hunter2'));
    for (let turn = 0; turn < 3_000; turn += 1) scrubber.register(withPassword(`token-number-${turn}`));
    expect(scrubber.scrub('token-number-2999 token-number-0')).toBe('*** token-number-0');
  });
});

describe('masking for display', () => {
  test('hides the password, sensitive extras and passwords in URLs, keeps the rest', () => {
    const connection = withPassword('hunter2', {
      sslmode: 'require',
      session_token: 'x',
      count: 5,
      endpoint_url: 'http://u:pw@host/',
      list: [{ secret: 'y', plain: 'z' }],
    });
    expect(maskConnection(connection)).toEqual({
      ...connection,
      password: '***',
      extra: {
        sslmode: 'require',
        session_token: '***',
        count: 5,
        endpoint_url: 'http://u:***@host/',
        list: [{ secret: '***', plain: 'z' }],
      },
    });
  });

  test('an access key id keeps its last four characters, a short one none', () => {
    const login = (value: string): string | undefined =>
      maskConnection({ id: 'a', type: 'aws', login: value, extra: {} }).login;
    expect(login('AKIAIOSFODNN7EXAMPLE')).toBe('***MPLE');
    expect(login('minioadmin')).toBe('***');
  });

  test('a connection without a password has none to mask', () => {
    expect(maskConnection({ id: 'a', type: 'postgres', extra: {} })).toEqual({
      id: 'a',
      type: 'postgres',
      extra: {},
    });
  });

  test.each([
    'password',
    'PGPASSWORD',
    'aws_secret_access_key',
    'accessKeyId',
    'X-Api-Key',
    'session.token',
    'https_proxy',
    'keyfile_dict',
    'fernet_key',
    'databaseDsn',
    'passWord',
  ])('%s is a sensitive name', (name) => expect(isSensitiveName(name)).toBe(true));
  test.each(['sslmode', 'region_name', 'host', 'key', 'prefix', 'dsNodash', 'recordsNumber', 'keyPrefix'])(
    '%s is not',
    (name) => expect(isSensitiveName(name)).toBe(false),
  );
});
