/** Checks that every options object goes through, so that a typo or a wrong type is named with its place. Pure. */
import { AirtempoError } from './errors.js';
import { isRecord, showValue } from './outside-value.js';
import { suggest } from './suggest.js';

/** An error about one option: the place, the option, what is wrong, and the fix. */
export function invalidOption(where: string, key: string, problem: string, fix: string): AirtempoError {
  return new AirtempoError('INVALID_OPTION', `${where}: option ${key} ${problem}. ${fix}`);
}

/** Throws INVALID_OPTION unless `options` is an object that holds known keys only. */
export function checkKeys(options: unknown, known: Iterable<string>, where: string): void {
  const names = [...known];
  if (!isRecord(options)) {
    throw new AirtempoError(
      'INVALID_OPTION',
      `${where}: the options are ${showValue(options)}, not an object. Known options: ${names.join(', ')}.`,
    );
  }
  const unknown = Object.keys(options).find((key) => !names.includes(key));
  if (unknown === undefined) return;
  throw invalidOption(
    where,
    unknown,
    'is unknown',
    `${suggest(unknown, names)} Known options: ${names.join(', ')}.`.trimStart(),
  );
}

/** Throws INVALID_OPTION unless the option is absent or a text with something in it. */
export function checkText(value: unknown, where: string, key: string, longest = Infinity): void {
  if (value === undefined) return;
  if (typeof value !== 'string' || value.trim() === '') {
    throw invalidOption(where, key, `is ${showValue(value)}`, 'Use a text that is not empty.');
  }
  if (value.length > longest) {
    throw invalidOption(where, key, `has ${value.length} characters`, `Use at most ${longest}.`);
  }
}
