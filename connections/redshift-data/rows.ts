/**
 * The Data API's typed cells as rows, with the same values that the wire protocol's driver gives: numbers where they are
 * exact, text for decimals, dates and longs beyond 2^53.
 */
import type { ColumnMetadata, Field } from '@aws-sdk/client-redshift-data';
import type { SqlRow } from '../sql/client.js';

/** The value of a cell. Binary data becomes hexadecimal text, as Redshift prints it. */
export function readField(field: Field): string | number | boolean | null {
  if (field.isNull === true) return null;
  if (field.stringValue !== undefined) return field.stringValue;
  if (field.longValue !== undefined) return field.longValue;
  if (field.doubleValue !== undefined) return field.doubleValue;
  if (field.booleanValue !== undefined) return field.booleanValue;
  if (field.blobValue !== undefined) return Buffer.from(field.blobValue).toString('hex');
  return null;
}

/** One page of records as rows by column name. Of two columns with one name the last counts, as with the other driver. */
export function readRecords(
  records: readonly (readonly Field[])[],
  columns: readonly ColumnMetadata[],
): readonly SqlRow[] {
  const names = columns.map(({ label, name }, index) => label ?? name ?? `column${String(index + 1)}`);
  return records.map((record) =>
    Object.fromEntries(record.map((field, index) => [names[index] ?? String(index), readField(field)])),
  );
}

/** Integers of so many digits may lie beyond 2^53. */
const LONG = /([{,]\s*)"longValue"(\s*:\s*)(-?\d{16,})/g;

/**
 * The answer's text with its widest longs as strings: read as JSON numbers they would be rounded before anyone sees them.
 * Within a JSON string every quotation mark is escaped, so the pattern meets keys only.
 */
export function keepLongs(json: string): string {
  return json.replace(LONG, (whole, before: string, colon: string, digits: string) =>
    Number.isSafeInteger(Number(digits)) ? whole : `${before}"stringValue"${colon}"${digits}"`,
  );
}
