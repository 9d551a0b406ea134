/** Picks the converter of a column: the one place that pairs column types with conversion rules. */
import { type CellConverter, type ConvertOptions, NULL_CELL } from './cell.js';
import {
  convertNumber,
  createDecimalConverter,
  createFloatConverter,
  createIntegerConverter,
} from './convert-number.js';
import { convertBoolean, convertJson, convertOther, createTextConverter } from './convert-text.js';
import { createDateConverter, createTimestampConverter } from './convert-time.js';
import type { ColumnType } from './target-columns.js';

function pickConverter(type: ColumnType, options: ConvertOptions): CellConverter {
  switch (type.kind) {
    case 'integer':
      return createIntegerConverter(type.bits);
    case 'float':
      return createFloatConverter(type.bits);
    case 'decimal':
      return createDecimalConverter(type.precision, type.scale, options.roundDec);
    case 'number':
      return convertNumber;
    case 'text':
      return createTextConverter(type.maxBytes, type.fixed, options);
    case 'boolean':
      return convertBoolean;
    case 'date':
      return createDateConverter();
    case 'timestamp':
      return createTimestampConverter(type.zoned, options);
    case 'json':
      return convertJson;
    case 'other':
      return convertOther;
  }
}

/** The converter for a column of `type` under `options`. */
export function createConverter(type: ColumnType, options: ConvertOptions): CellConverter {
  const convert = pickConverter(type, options);
  const { nullAs } = options;
  return nullAs === undefined
    ? convert
    : (value, raw) => (value === nullAs ? NULL_CELL : convert(value, raw));
}
