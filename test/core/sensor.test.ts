/** What `sensor` makes, what a poke may answer, and the options that only sensors have. */
import { describe, expect, test } from '@jest/globals';
import type { TaskContext } from '../../core/context.js';
import { dag } from '../../core/dag.js';
import { operator } from '../../core/define-operator.js';
import { isNotYet, notYet, sensor } from '../../core/sensor.js';
import type { PokeOptions } from '../../core/graph.js';
import type { Operator } from '../../core/operator.js';
import type { TaskOptions } from '../../core/task-options.js';
import { refusal } from './support/refusal.js';

const input = { args: {}, ctx: {} as TaskContext }; // these pokes do not look at it

describe('the answer of a poke', () => {
  test.each<[string, unknown, unknown]>([
    ['true is the end, without an output', true, undefined],
    ['an object is the output', { keys: 2 }, { keys: 2 }],
    ['zero, an empty text and null are outputs', 0, 0],
    ['an empty list is an output', [], []],
  ])('%s', async (_, answer, output) => {
    expect(await sensor('look', () => answer)(input)).toEqual(output);
  });

  test('false and notYet ask for another poke', async () => {
    const no: unknown = await sensor('look', () => false)(input);
    const later: unknown = await sensor('look', () => notYet('2 of 3', { againIn: '5m' }))(input);
    expect([isNotYet(no), isNotYet(later)]).toEqual([true, true]);
    expect(no).toMatchObject({ reason: '' });
    expect([{}, null, 'later'].map(isNotYet)).toEqual([false, false, false]);
    expect(later).toMatchObject({ reason: '2 of 3', againInMs: 300_000 });
  });

  test('nothing is refused: it says neither yes nor no', async () => {
    await expect(sensor('look', () => undefined)(input)).rejects.toMatchObject({
      code: 'INVALID_OUTPUT',
      message:
        'The poke of sensor look returned nothing, which says neither yes nor no. ' +
        "Return true, false, notYet(reason) or the task's output.",
    });
  });

  test('a bad againIn is refused', () => {
    expect(String(refusal(() => notYet('x', { againIn: 'soon' as '1s' })))).toMatch(
      /notYet: option againIn is "soon"/,
    );
  });
});

describe('a sensor is refused', () => {
  test.each<[string, () => unknown, RegExp]>([
    [
      'with a name in camel case',
      () => sensor('waitFor', () => true),
      /Operator name "waitFor" is not snake_case/,
    ],
    [
      'with an unknown option',
      () => sensor('w', () => true, { interval: 1 } as object),
      /Sensor w: option interval is unknown/,
    ],
    [
      'with an onCancel that is no function',
      () => sensor('w', () => true, { onCancel: 1 } as object),
      /Sensor w: option onCancel is 1\. Write async \(\{ args, ctx \}\) => …\./,
    ],
    ['without a poke', () => sensor('w', undefined as unknown as () => true), /its handler is undefined/],
  ])('%s', (_, make, message) => {
    expect(String(refusal(make))).toMatch(message);
  });
});

const look = sensor('look', () => true);
const work = operator('work', () => 1);
const clean = sensor('clean', () => true, { onCancel: () => undefined });

function pokeOf(options: TaskOptions, run: Operator<unknown, unknown> = look): PokeOptions | undefined {
  const { graph } = dag('d', {}, ({ task }) => void task('wait', run as typeof look, {}, options));
  return graph.tasks[0]?.execution.poke;
}

describe('options', () => {
  test('the defaults are Airflow’s: a poke a minute, for seven days', () => {
    expect(pokeOf({})).toEqual({ intervalMs: 60_000, backoff: 1, timeoutMs: 7 * 24 * 3_600_000 });
  });

  test('what is said is taken over', () => {
    const options = {
      pokeInterval: '5s',
      pokeBackoff: 2,
      maxPokeInterval: '1m',
      timeout: '6h',
      softFail: true,
    } as const;
    expect(pokeOf(options, clean)).toEqual({
      intervalMs: 5000,
      backoff: 2,
      maxIntervalMs: 60_000,
      timeoutMs: 6 * 3_600_000,
      softFail: true,
      hasOnCancel: true,
    });
  });

  test('a sensor takes no slot, and an operator does', () => {
    const { graph } = dag('d', {}, ({ task }) => {
      task('wait', look);
      task('do', work);
    });
    expect(graph.tasks.map(({ deferred }) => deferred)).toEqual([true, undefined]);
  });

  test('default args may hold them for the sensors of a DAG', () => {
    const { graph } = dag('d', { defaultArgs: { timeout: '1h', softFail: true } }, ({ task }) => {
      task('wait', look);
      task('do', work);
    });
    expect(graph.tasks.map(({ execution }) => execution.poke?.timeoutMs)).toEqual([3_600_000, undefined]);
  });

  test.each([1, 10])('an interval may grow by the factor %p', (pokeBackoff) => {
    expect(pokeOf({ pokeBackoff })).toMatchObject({ backoff: pokeBackoff });
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      'an interval of nothing',
      () => pokeOf({ pokeInterval: 0 }),
      /option pokeInterval is 0\. Use a duration above zero/,
    ],
    ['a timeout of nothing', () => pokeOf({ timeout: '0s' }), /option timeout is "0s"/],
    ['a longest interval of nothing', () => pokeOf({ maxPokeInterval: 0 }), /option maxPokeInterval is 0/],
    ['a shrinking interval', () => pokeOf({ pokeBackoff: 0.5 }), /option pokeBackoff is 0.5\. Use 1 to 10/],
    ['an interval that explodes', () => pokeOf({ pokeBackoff: 10.5 }), /option pokeBackoff is 10.5\. Use 1/],
    [
      'no duration',
      () => pokeOf({ pokeInterval: 'x' as '1s' }),
      /option pokeInterval is "x", which is not a/,
    ],
    [
      'a soft failure of "yes"',
      () => pokeOf({ softFail: 'yes' as unknown as true }),
      /option softFail is "yes"\. Use true or false\./,
    ],
    [
      'a sensor’s option on an operator',
      () => pokeOf({ pokeInterval: '1s' }, work),
      /option pokeInterval is for sensors, and work is none\. Leave it out, or use a sensor\./,
    ],
    ['a timeout on an operator', () => pokeOf({ timeout: '1s' }, work), /Use executionTimeout, or a sensor/],
  ])('refuses %s', (_, make, message) => {
    expect(String(refusal(make))).toMatch(message);
  });
});
