/** Whole numbers among the options of commands. */
import { InvalidArgumentError } from 'commander';

/** Nine digits. */
const MOST = 999_999_999;

/** For commander: a parser of a whole number between these, both inclusive, written in digits alone. */
export function wholeNumber(least: number, most = MOST): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    const range = most === MOST ? '' : ` to ${String(most)}`;
    throw new InvalidArgumentError(`Use a whole number from ${String(least)}${range}.`);
  };
}
