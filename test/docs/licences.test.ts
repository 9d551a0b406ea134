import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { formatLicences, readLicences } from '../../scripts/list-licences.mjs';

/** What may be shipped with a program under Apache-2.0 and used in a company without a question. */
const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'Apache-2.0 AND MIT',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC-BY-4.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Unlicense',
]);

test('docs/licences.md has the licence of each dependency', () => {
  const page = readFileSync(new URL('../../docs/licences.md', import.meta.url), 'utf8');
  expect(page).toBe(formatLicences(readLicences())); // else: node scripts/list-licences.mjs
});

test('all licences are permissive', () => {
  expect([...readLicences().keys()].filter((licence) => !PERMISSIVE.has(licence))).toEqual([]);
});
