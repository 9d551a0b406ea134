/** Text, booleans, JSON and unknown types as Redshift's COPY takes them. Lengths are counted in bytes. */
import { type Cell, type CellConverter, type ConvertOptions, escapeText, NULL_CELL, refuse } from './cell.js';

/** UTF-8 needs at most this many bytes for one UTF-16 unit. */
const MAX_BYTES_PER_UNIT = 3;
const NON_ASCII = /[^\0-\x7f]/;
const BLANK = /^\s+$/;
const TRUE_TEXTS = new Set(['t', 'true', 'y', 'yes', '1']);
const FALSE_TEXTS = new Set(['f', 'false', 'n', 'no', '0']);

/** Cuts `text` to `maxBytes` of UTF-8 without splitting a character. */
function truncateToBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  let end = Math.min(maxBytes, bytes.length);
  // 10xxxxxx continues a character: step back to its first byte.
  while (end > 0 && end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}

function isNullText(text: string, options: ConvertOptions): boolean {
  if (text === '') return options.emptyAsNull;
  return options.blanksAsNull && BLANK.test(text);
}

/** Converter for TEXT, VARCHAR(n) and CHAR(n). Anything that is not text is loaded as its JSON source. */
export function createTextConverter(
  maxBytes: number | undefined,
  fixed: boolean,
  options: ConvertOptions,
): CellConverter {
  const type = fixed ? 'CHAR' : 'VARCHAR';

  function fit(text: string, limit: number): Cell {
    if (text.length * MAX_BYTES_PER_UNIT <= limit) return escapeText(text);
    const bytes = Buffer.byteLength(text);
    if (bytes <= limit) return escapeText(text);
    if (options.truncateColumns) return escapeText(truncateToBytes(text, limit));
    return refuse(`${bytes} bytes are too long for ${type}(${limit})`, text);
  }

  return (value, raw) => {
    if (value === null) return NULL_CELL;
    const text = typeof value === 'string' ? value : raw();
    if (isNullText(text, options)) return NULL_CELL;
    if (fixed && NON_ASCII.test(text)) return refuse('CHAR takes single-byte characters only', text);
    return maxBytes === undefined ? escapeText(text) : fit(text, maxBytes);
  };
}

/** Converter for BOOLEAN. */
export const convertBoolean: CellConverter = (value) => {
  if (value === true) return 't';
  if (value === false) return 'f';
  if (value === null) return NULL_CELL;
  if (typeof value !== 'string' && typeof value !== 'number') return refuse('not a boolean', value);
  const text = `${value}`.trim().toLowerCase();
  if (text === '') return NULL_CELL;
  if (TRUE_TEXTS.has(text)) return 't';
  return FALSE_TEXTS.has(text) ? 'f' : refuse('not a boolean', value);
};

/** Converter for JSON and JSONB: the source text as it stands. */
export const convertJson: CellConverter = (value, raw) => {
  if (value === null) return NULL_CELL;
  const text = raw();
  return text.trim() === '' ? NULL_CELL : escapeText(text);
};

/** Converter for types that only the server knows. */
export const convertOther: CellConverter = (value, raw) => {
  if (value === null) return NULL_CELL;
  const text = typeof value === 'string' ? value : raw();
  return text.trim() === '' ? NULL_CELL : escapeText(text);
};
