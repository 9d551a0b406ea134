// A test runner for Stryker that keeps the tests of core/ loaded and switches mutants on and off between them: a mutant
// takes milliseconds, where a start of Jest takes a second. Tests run one after another, quick ones first, until one fails.
//
// A failure counts only if the same test passes again without the mutant. If it does not, what a mutant left behind in
// the process is to blame: everything is loaded afresh, and the mutant is tested once more. A mutant that makes a test
// run in circles is found by the CPU time it takes, which a busy machine does not change.
//
// What test files build while they are loaded has been built without the mutant. So a mutant of code that runs then gets a
// second chance to be noticed: everything is loaded again, with the mutant on.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { collectTests } from './jest-globals.mjs';

/** These keep what they made for later calls, so a mutant in them needs modules that have not been called yet. */
const REMEMBERING = ['core/ticks.ts', 'core/wall-clock.ts'];

/** What each test takes without a mutant, in ms of CPU; the first process writes it for those that follow. */
const DURATIONS = 'test-durations.json';

function readCpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

class LoadedTestRunner {
  /** Mutated code reads in it which mutant is on, and counts in it how often the mutant is reached. */
  #stryker = (globalThis.__stryker__ ??= {});
  #hits = undefined;
  #cpuLimitMs = Number.POSITIVE_INFINITY;
  #folder = path.resolve('test/core');
  #loads = 0;
  #tests = [];
  #durations = new Map();
  #stale = true;

  capabilities() {
    return { reloadEnvironment: true };
  }

  init() {
    register('./module-hooks.mjs', {
      parentURL: import.meta.url,
      data: { globals: new URL('jest-globals.mjs', import.meta.url).href },
    });
    if (existsSync(DURATIONS))
      this.#durations = new Map(Object.entries(JSON.parse(readFileSync(DURATIONS, 'utf8'))));
    Object.defineProperty(this.#stryker, 'hitCount', {
      get: () => this.#hits,
      set: (hits) => {
        this.#hits = hits % 64 === 0 && readCpuMs() > this.#cpuLimitMs ? Number.POSITIVE_INFINITY : hits;
      },
    });
    // the same mutants die at each run, and no time is spent on a smaller counterexample
    fc.configureGlobal({ seed: 1, endOnFailure: true });
  }

  async dryRun() {
    const failure = await this.#load();
    if (failure !== undefined) return { status: 'error', errorMessage: failure };
    const tests = [];
    for (const test of this.#tests) {
      this.#stryker.currentTestId = test.id;
      const failureMessage = await this.#run(test);
      const outcome = failureMessage === undefined ? { status: 0 } : { status: 1, failureMessage };
      tests.push({
        ...outcome,
        id: test.id,
        name: test.name,
        fileName: test.file,
        timeSpentMs: this.#durations.get(test.id),
      });
    }
    this.#stryker.currentTestId = undefined;
    writeFileSync(DURATIONS, JSON.stringify(Object.fromEntries(this.#durations)));
    return { status: 'complete', tests, mutantCoverage: this.#stryker.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, sandboxFileName, reloadEnvironment }) {
    const whileLoading = testFilter === undefined;
    const alone = whileLoading || REMEMBERING.includes(path.relative('', sandboxFileName));
    const mutant = { id: activeMutant.id, hitLimit, whileLoading, alone };
    const result = await this.#test(mutant, testFilter);
    if (result.status === 'survived' && reloadEnvironment && !whileLoading)
      return this.#test({ ...mutant, whileLoading: true, alone: true }, this.#quickTests());
    if (result.status !== 'killed' || alone || (await this.#passes(result.killedBy[0]))) return result;
    return this.#test({ ...mutant, alone: true }, testFilter);
  }

  async #test({ id, hitLimit, whileLoading, alone }, testFilter) {
    if (!whileLoading && (alone || this.#stale)) await this.#load();
    const hitCount = hitLimit === undefined ? undefined : 0;
    Object.assign(this.#stryker, { activeMutant: id, hitLimit, hitCount });
    let result = { status: 'timeout' };
    try {
      const failureMessage = whileLoading ? await this.#load() : undefined;
      result =
        failureMessage === undefined
          ? await this.#runUntilFailure(testFilter)
          : this.#judge({ status: 'killed', killedBy: [this.#tests[0].id], failureMessage, nrOfTests: 0 });
      return result;
    } finally {
      Object.assign(this.#stryker, { activeMutant: undefined, hitLimit: undefined, hitCount: undefined });
      this.#stale = alone || result.status === 'timeout';
    }
  }

  async #runUntilFailure(testFilter) {
    const tests = this.#choose(testFilter);
    for (const [nrOfTests, test] of tests.entries()) {
      const failureMessage = await this.#run(test);
      if (failureMessage !== undefined)
        return this.#judge({
          status: 'killed',
          killedBy: [test.id],
          failureMessage,
          nrOfTests: nrOfTests + 1,
        });
    }
    return this.#judge({ status: 'survived', nrOfTests: tests.length });
  }

  #judge(result) {
    if (this.#stryker.hitCount > this.#stryker.hitLimit)
      return { status: 'timeout', reason: 'runs in circles' };
    return result;
  }

  /** Those that a second look at each survivor can afford: nearly all. */
  #quickTests() {
    return this.#tests.filter(({ id }) => (this.#durations.get(id) ?? 0) < 300).map(({ id }) => id);
  }

  #choose(testFilter) {
    const wanted = testFilter === undefined ? undefined : new Set(testFilter);
    const duration = ({ id }) => this.#durations.get(id) ?? 0;
    return this.#tests
      .filter(({ id }) => wanted?.has(id) ?? true)
      .toSorted((a, b) => duration(a) - duration(b));
  }

  async #passes(id) {
    const test = this.#tests.find((known) => known.id === id);
    return (await this.#run(test)) === undefined;
  }

  /** The message of the failure. */
  async #run({ id, run }) {
    const startMs = readCpuMs();
    this.#cpuLimitMs = startMs + 2_000 + 10 * (this.#durations.get(id) ?? 0);
    try {
      await run();
      if (!this.#durations.has(id)) this.#durations.set(id, readCpuMs() - startMs);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Imports all test files, and whatever they import from the checkout, as if for the first time. */
  async #load() {
    this.#loads += 1;
    this.#cpuLimitMs = readCpuMs() + 30_000;
    const before = this.#tests;
    try {
      this.#tests = [];
      for (const name of readdirSync(this.#folder).filter((each) => each.endsWith('.test.ts'))) {
        const url = `${pathToFileURL(path.join(this.#folder, name)).href}?load=${this.#loads}`;
        this.#tests.push(...(await collectTests(`test/core/${name}`, () => import(url))));
      }
      this.#stale = false;
      return undefined;
    } catch (error) {
      this.#tests = before;
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
  }
}

export const strykerPlugins = [{ kind: 'TestRunner', name: 'loaded', factory: () => new LoadedTestRunner() }];
