/** Rows as an oracle writes them, for comparison with what a database prints. Pure. */

/** A row as text, column by column. */
export type Row = readonly (string | null)[];

/** A value of JSON as a database prints it. */
export function toText(value: string | number | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : String(value);
}

/** Milliseconds since 1970 as Postgres prints a TIMESTAMP: a fraction without zeros at its end. */
export function toTimestamp(ms: number): string {
  const [whole = '', fraction = ''] = new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace('Z', '')
    .split('.');
  const digits = fraction.replace(/0+$/, '');
  return digits === '' ? whole : `${whole}.${digits}`;
}

/** Items by a key, each group in the order of the items. */
export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
