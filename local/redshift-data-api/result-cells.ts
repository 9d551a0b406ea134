/** Results as the Data API writes them: typed cells and the description of their columns. */
import type { SqlColumn, SqlTable } from '../../connections/postgres.js';

export type Cell =
  | { readonly isNull: true }
  | { readonly booleanValue: boolean }
  /** A text where a number would be rounded: see `writeLongs`. */
  | { readonly longValue: number | string }
  | { readonly doubleValue: number | string }
  | { readonly stringValue: string };

export interface ColumnMetadata {
  readonly name: string;
  readonly label: string;
  readonly typeName: string;
  readonly precision: number;
  readonly scale: number;
  readonly length: number;
  readonly nullable: number;
  readonly isSigned: boolean;
  readonly isCaseSensitive: boolean;
  readonly isCurrency: boolean;
  readonly schemaName: string;
  readonly tableName: string;
}

type Kind = 'boolean' | 'long' | 'double' | 'numeric' | 'string';

/** Postgres's type ids by Redshift's names. Types that Redshift has not (text, json) are VARCHAR there. */
const TYPES: Readonly<
  Record<number, { readonly name: string; readonly kind: Kind; readonly precision: number }>
> = {
  16: { name: 'bool', kind: 'boolean', precision: 1 },
  20: { name: 'int8', kind: 'long', precision: 19 },
  21: { name: 'int2', kind: 'long', precision: 5 },
  23: { name: 'int4', kind: 'long', precision: 10 },
  26: { name: 'oid', kind: 'long', precision: 10 },
  700: { name: 'float4', kind: 'double', precision: 8 },
  701: { name: 'float8', kind: 'double', precision: 17 },
  1042: { name: 'bpchar', kind: 'string', precision: 0 },
  1043: { name: 'varchar', kind: 'string', precision: 0 },
  1082: { name: 'date', kind: 'string', precision: 13 },
  1083: { name: 'time', kind: 'string', precision: 15 },
  1114: { name: 'timestamp', kind: 'string', precision: 29 },
  1184: { name: 'timestamptz', kind: 'string', precision: 35 },
  1700: { name: 'numeric', kind: 'numeric', precision: 0 },
};
const OTHER = { name: 'varchar', kind: 'string', precision: 0 } as const;
/** Lengths and precisions are stored 4 larger than they mean. */
const MODIFIER_OFFSET = 4;

/** Describes one column. */
export function describeColumn({ name, typeId, typeModifier }: SqlColumn): ColumnMetadata {
  const type = TYPES[typeId] ?? OTHER;
  const packed = typeModifier < MODIFIER_OFFSET ? 0 : typeModifier - MODIFIER_OFFSET;
  const numeric = type.kind === 'numeric';
  const text = type.kind === 'string' && type.precision === 0;
  return {
    name,
    label: name,
    typeName: type.name,
    precision: numeric ? packed >> 16 : text ? packed : type.precision,
    scale: numeric ? packed & 0x7ff : 0,
    length: text ? packed : 0,
    nullable: 1,
    isSigned: type.kind === 'long' || type.kind === 'double' || numeric,
    isCaseSensitive: text,
    isCurrency: false,
    schemaName: '',
    tableName: '',
  };
}

/** NUMERIC, dates and times travel as text, so nothing of them is rounded. */
function writeCell(text: string | null, kind: Kind): Cell {
  if (text === null) return { isNull: true };
  switch (kind) {
    case 'boolean':
      return { booleanValue: text === 't' };
    case 'long': {
      const value = Number(text);
      return { longValue: Number.isSafeInteger(value) ? value : text };
    }
    case 'double': {
      const value = Number(text);
      // JSON has no NaN and no infinities: AWS JSON writes their names.
      return { doubleValue: Number.isFinite(value) ? value : text };
    }
    case 'numeric':
    case 'string':
      return { stringValue: text };
  }
}

/** The cells of these rows. */
export function writeRows({ columns }: SqlTable, rows: SqlTable['rows']): readonly (readonly Cell[])[] {
  const kinds = columns.map(({ typeId }) => (TYPES[typeId] ?? OTHER).kind);
  return rows.map((row) => row.map((text, index) => writeCell(text, kinds[index] ?? 'string')));
}

/** Bytes of the result's values. */
export function measureResult({ rows }: SqlTable): number {
  return rows.reduce(
    (sum, row) => row.reduce((bytes, text) => bytes + (text === null ? 0 : Buffer.byteLength(text)), sum),
    0,
  );
}

/** The answer's JSON with longs beyond 2^53 as the numbers they are. Quotes within strings are escaped, so only keys match. */
export function writeLongs(answer: object): string {
  return JSON.stringify(answer).replaceAll(/"longValue":"(-?\d+)"/g, '"longValue":$1');
}
