/** Numbers as Redshift's COPY takes them: '' is NULL, integers are range-checked, decimals are cut to the scale. */
import { type Cell, type CellConverter, NULL_CELL, type RawText, refuse } from './cell.js';

const INTEGER = /^[+-]?\d+$/;
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;
const SPECIAL_FLOAT = /^[+-]?(nan|inf|infinity)$/i;
/** A text this short has at most 15 digits, which every double holds exactly. */
const EXACT_CHARS = 15;
const MAX_FLOAT4 = 3.4028234663852886e38;

/** Converter for SMALLINT (16), INTEGER (32) and BIGINT (64). */
export function createIntegerConverter(bits: 16 | 32 | 64): CellConverter {
  const max = 2n ** BigInt(bits - 1) - 1n;
  const min = -max - 1n;
  const safeMax = Math.min(Number(max), Number.MAX_SAFE_INTEGER);
  const safeMin = Math.max(Number(min), Number.MIN_SAFE_INTEGER);

  function refuseRange(source: unknown): Cell {
    return refuse(`out of range for a ${bits}-bit integer`, source);
  }

  function checkBig(value: bigint, source: unknown): Cell {
    return value < min || value > max
      ? refuse(`out of range for a ${bits}-bit integer`, source)
      : value.toString();
  }

  function checkSmall(value: number, source: unknown): Cell {
    return value < safeMin || value > safeMax ? refuseRange(source) : `${value}`;
  }

  function convertText(source: string): Cell {
    const text = source.trim();
    if (text === '') return NULL_CELL;
    if (!INTEGER.test(text)) return refuse('invalid digit', source);
    if (text.length <= EXACT_CHARS) return checkSmall(Number(text), source);
    return checkBig(BigInt(text.replace(/^\+/, '')), source);
  }

  return (value, raw) => {
    if (typeof value === 'number') {
      if (!Number.isInteger(value)) return refuse('invalid digit', value);
      if (value >= safeMin && value <= safeMax) return `${value}`;
      const text = raw();
      return checkBig(BigInt(INTEGER.test(text) ? text : value), text);
    }
    if (value === null) return NULL_CELL;
    return typeof value === 'string' ? convertText(value) : refuse('not a number', value);
  };
}

/** Converter for REAL (32) and DOUBLE PRECISION (64). */
export function createFloatConverter(bits: 32 | 64): CellConverter {
  const max = bits === 32 ? MAX_FLOAT4 : Number.MAX_VALUE;

  function check(value: number, source: unknown): Cell {
    if (Math.abs(value) > max) return refuse(`out of range for a ${bits}-bit float`, source);
    if (bits === 32 && value !== 0 && Math.fround(value) === 0)
      return refuse('too small for a 32-bit float', source);
    return `${value}`;
  }

  return (value) => {
    if (typeof value === 'number') return check(value, value);
    if (value === null) return NULL_CELL;
    if (typeof value !== 'string') return refuse('not a number', value);
    const text = value.trim();
    if (text === '') return NULL_CELL;
    if (SPECIAL_FLOAT.test(text)) return text;
    if (!DECIMAL.test(text) || !/\d/.test(text)) return refuse('invalid digit', value);
    return check(Number(text), value);
  };
}

interface Digits {
  readonly negative: boolean;
  readonly whole: string;
  readonly fraction: string;
}

/** Splits decimal text, exponent applied; undefined when it is not a number. */
function parseDigits(text: string): Digits | undefined {
  const match = DECIMAL.exec(text);
  const whole = match?.[2] ?? '';
  const fraction = match?.[3] ?? '';
  if (match === null || whole + fraction === '') return undefined;
  const exponent = Number(match[4] ?? 0);
  const digits = whole + fraction;
  const point = whole.length + exponent;
  const padded = point < 0 ? '0'.repeat(-point) + digits : digits.padEnd(point, '0');
  const split = Math.max(point, 0);
  return { negative: match[1] === '-', whole: padded.slice(0, split), fraction: padded.slice(split) };
}

/** Cuts or rounds (half away from zero) to `scale` decimals; the result is the number times 10^scale. */
function scaleDigits({ whole, fraction }: Digits, scale: number, round: boolean): bigint {
  const kept = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0') || '0');
  return round && (fraction[scale] ?? '0') >= '5' ? kept + 1n : kept;
}

function formatScaled(value: bigint, scale: number, negative: boolean): string {
  const digits = value.toString().padStart(scale + 1, '0');
  const split = digits.length - scale;
  const text = scale === 0 ? digits : `${digits.slice(0, split)}.${digits.slice(split)}`;
  return negative && value !== 0n ? `-${text}` : text;
}

/** The text of a number without loss: from the source where a double may have rounded it. */
function readExactText(value: unknown, raw: RawText): string | undefined {
  if (typeof value === 'string') return value.trim();
  if (typeof value !== 'number') return undefined;
  const text = `${value}`;
  return text.length <= EXACT_CHARS ? text : raw();
}

/** Converter for NUMERIC(precision, scale). Extra decimals are cut, as Redshift does, unless `round`. */
export function createDecimalConverter(precision: number, scale: number, round: boolean): CellConverter {
  const limit = 10n ** BigInt(precision);
  return (value, raw) => {
    if (value === null) return NULL_CELL;
    const text = readExactText(value, raw);
    if (text === '') return NULL_CELL;
    const digits = text === undefined ? undefined : parseDigits(text);
    if (digits === undefined) return refuse('invalid digit', value);
    const scaled = scaleDigits(digits, scale, round);
    if (scaled >= limit) return refuse(`out of range for NUMERIC(${precision},${scale})`, value);
    return formatScaled(scaled, scale, digits.negative);
  };
}

/** Converter for NUMERIC without a precision: any number, unchanged. */
export const convertNumber: CellConverter = (value, raw) => {
  if (value === null) return NULL_CELL;
  const text = readExactText(value, raw);
  if (text === '') return NULL_CELL;
  return text !== undefined && parseDigits(text) !== undefined ? text : refuse('invalid digit', value);
};
