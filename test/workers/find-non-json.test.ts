import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findNonJson } from '../../workers/find-non-json.js';

const date = new Date(0);

describe('what is not JSON', () => {
  test.each<readonly [unknown, string | undefined]>([
    [null, undefined],
    [{ a: [1, 'x', true, null, { b: undefined }] }, undefined],
    [Object.create(null), undefined],
    [date, undefined],
    [{ rows: [{ at: date }] }, undefined],
    [Number.NaN, 'it is NaN'],
    [[1, Infinity], '1 is Infinity'],
    [{ rows: [{ ids: new Set() }] }, 'rows.0.ids is a Set'],
    [{ users: new Map() }, 'users is a Map'],
    [{ later: Promise.resolve() }, 'later is a Promise'],
    [new Uint8Array(1), 'it is a Uint8Array'],
    [() => 1, 'it is a function'],
    [{ id: Symbol('x') }, 'id is a symbol'],
    [{ n: 1n }, 'n is a bigint'],
  ])('%p: %p', (value, found) => {
    expect(findNonJson(value, { jsonForms: 'allowed' })).toBe(found);
  });

  test('includes what has another JSON form, where the type is promised', () => {
    expect(findNonJson({ since: date }, { jsonForms: 'refused' })).toBe('since is a Date');
    expect(findNonJson({ url: new URL('s3://x') }, { jsonForms: 'refused' })).toBe('url is a URL');
  });

  test('is nothing of a value that came from JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(findNonJson(JSON.parse(JSON.stringify(value)), { jsonForms: 'refused' })).toBeUndefined();
      }),
    );
  });
});
