/** The columns of the table a COPY loads, read from the catalog. What a value may be is decided from these alone. */
import { AirtempoError } from '../../core/errors.js';
import type { SqlSession } from '../postgres.js';

/** What a column holds, as far as COPY treats it differently. */
export type ColumnType =
  | { readonly kind: 'integer'; readonly bits: 16 | 32 | 64 }
  | { readonly kind: 'float'; readonly bits: 32 | 64 }
  /** Without a precision the server takes any number. */
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'number' }
  /** `maxBytes` undefined: unlimited. */
  | { readonly kind: 'text'; readonly maxBytes: number | undefined; readonly fixed: boolean }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'date' }
  | { readonly kind: 'timestamp'; readonly zoned: boolean }
  | { readonly kind: 'json' }
  /** Anything else is handed to the server as text; the server judges it. */
  | { readonly kind: 'other' };

export interface TargetColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** The type as SQL writes it, for error reports. */
  readonly typeName: string;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
}

// A type alias, as query rows need an index signature.
type CatalogRow = {
  readonly name: string;
  readonly type: string;
  readonly modifier: number;
  readonly type_name: string;
  readonly not_null: boolean;
  readonly has_default: boolean;
  readonly is_identity: boolean;
  readonly is_generated: boolean;
};

const CATALOG_QUERY = `
  SELECT a.attname AS name,
         COALESCE(b.typname, t.typname) AS type,
         CASE WHEN b.oid IS NULL THEN a.atttypmod ELSE t.typtypmod END AS modifier,
         pg_catalog.format_type(a.atttypid, a.atttypmod) AS type_name,
         a.attnotnull AS not_null,
         a.atthasdef OR a.attidentity <> '' AS has_default,
         a.attidentity <> '' AS is_identity,
         a.attgenerated <> '' AS is_generated
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype AND t.typtype = 'd'
  WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attnum`;

/** Postgres keeps lengths and precisions in a "type modifier" that is 4 larger than it means. */
const MODIFIER_OFFSET = 4;

function parseDecimal(modifier: number): ColumnType {
  if (modifier < MODIFIER_OFFSET) return { kind: 'number' };
  const packed = modifier - MODIFIER_OFFSET;
  const scale = packed & 0x7ff;
  // Scales of 1024 and more are negative ones: the server rounds those.
  if (scale > 1000) return { kind: 'number' };
  return { kind: 'decimal', precision: packed >> 16, scale };
}

function parseType({ type, modifier }: CatalogRow): ColumnType {
  const maxBytes = modifier < MODIFIER_OFFSET ? undefined : modifier - MODIFIER_OFFSET;
  switch (type) {
    case 'int2':
      return { kind: 'integer', bits: 16 };
    case 'int4':
      return { kind: 'integer', bits: 32 };
    case 'int8':
      return { kind: 'integer', bits: 64 };
    case 'float4':
      return { kind: 'float', bits: 32 };
    case 'float8':
      return { kind: 'float', bits: 64 };
    case 'numeric':
      return parseDecimal(modifier);
    case 'text':
      return { kind: 'text', maxBytes: undefined, fixed: false };
    case 'varchar':
      return { kind: 'text', maxBytes, fixed: false };
    case 'bpchar':
      return { kind: 'text', maxBytes, fixed: true };
    case 'bool':
      return { kind: 'boolean' };
    case 'date':
      return { kind: 'date' };
    case 'timestamp':
      return { kind: 'timestamp', zoned: false };
    case 'timestamptz':
      return { kind: 'timestamp', zoned: true };
    case 'json':
    case 'jsonb':
      return { kind: 'json' };
    default:
      return { kind: 'other' };
  }
}

function pickColumns(
  rows: readonly CatalogRow[],
  wanted: readonly string[] | undefined,
  quotedTable: string,
): readonly CatalogRow[] {
  // Without a list, what the server fills by itself is left to it.
  if (wanted === undefined) return rows.filter((row) => !row.is_generated && !row.is_identity);
  const seen = new Set<string>();
  return wanted.map((name) => {
    const row =
      rows.find((candidate) => candidate.name === name) ??
      rows.find((candidate) => candidate.name === name.toLowerCase());
    const problem =
      row === undefined
        ? 'is not in the table'
        : row.is_generated
          ? 'is computed by the server'
          : seen.has(row.name)
            ? 'is listed twice'
            : undefined;
    if (row === undefined || problem !== undefined) {
      throw new AirtempoError(
        'INVALID_COPY_OPTION',
        `Column "${name}" ${problem} ${quotedTable}. Its columns are: ${rows.map((column) => column.name).join(', ')}.`,
      );
    }
    seen.add(row.name);
    return row;
  });
}

/**
 * The columns to load, in order: those of `wanted`, else all that a person may set. Throws SQL_FAILED when the
 * table does not exist, and INVALID_COPY_OPTION for a column it does not have.
 */
export async function readTargetColumns(
  session: Pick<SqlSession, 'query' | 'connId'>,
  quotedTable: string,
  wanted: readonly string[] | undefined,
): Promise<readonly TargetColumn[]> {
  const { rows } = await session.query<CatalogRow>(CATALOG_QUERY, [quotedTable]);
  if (rows.length === 0) {
    throw new AirtempoError(
      'SQL_FAILED',
      `Table ${quotedTable} does not exist on connection "${session.connId}". Create it before the load, or correct the name.`,
    );
  }
  return pickColumns(rows, wanted, quotedTable).map((row) => ({
    name: row.name,
    type: parseType(row),
    typeName: row.type_name,
    notNull: row.not_null,
    hasDefault: row.has_default,
  }));
}
