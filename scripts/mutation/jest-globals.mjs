// What the tests import as `@jest/globals` while mutants are tested: the tests of a file are collected, to be run by
// name and again and again in one process. Jest's own `expect` and `each` are behind it; hooks are not, core/ needs none.
import { expect } from 'expect';
import { bind } from 'jest-each';

let collected = [];
let titles = [];

/** The tests that a file registers while `load` imports it: each an id, which names file and titles, and a function. */
export async function collectTests(file, load) {
  collected = [];
  titles = [file];
  await load();
  return collected;
}

export function test(title, run) {
  const name = [...titles, title].join(' > ');
  const twins = collected.filter((other) => other.name === name).length;
  collected.push({ id: twins === 0 ? name : `${name} #${twins + 1}`, name, file: titles[0], run });
}

export function describe(title, body) {
  titles.push(title);
  body();
  titles.pop();
}

test.each = bind(test, false);
describe.each = bind(describe, false);

export { expect };
