/** What the records of a prefix look like: their fields, with types and how often. Pure, and of bounded size. */

/** Types as JSON has them, with whole numbers apart; `empty` is a CSV field without text. */
export type FieldType = 'null' | 'empty' | 'boolean' | 'integer' | 'number' | 'string' | 'object' | 'array';

export interface FieldSummary {
  readonly name: string;
  /** How many of the records that were read have it. */
  readonly count: number;
  /** How many of those values are of each type. */
  readonly types: Readonly<Partial<Record<FieldType, number>>>;
}

/** Data with ids for names (`{"a81": …, "b17": …}`) must not fill the memory. */
const MAX_FIELDS = 500;
/** The one field of a record that is an array at its root. */
export const ROOT_ARRAY = '[]';

/** Collects the fields of records. */
export class SchemaSketch {
  readonly #fields = new Map<string, { count: number; readonly types: Partial<Record<FieldType, number>> }>();
  #left = 0;

  /** Fields beyond the first 500, which are not told apart. */
  get fieldsLeftOut(): number {
    return this.#left;
  }

  addJson(row: Readonly<Record<string, unknown>> | readonly unknown[]): void {
    if (isArray(row)) return this.#add(ROOT_ARRAY, 'array');
    for (const [name, value] of Object.entries(row)) this.#add(name, typeOfJson(value));
  }

  /** A CSV record; fields without a name in the header are named by their position, from 1. */
  addCsv(header: readonly string[], row: readonly string[]): void {
    row.forEach((text, index) => this.#add(header[index] ?? `#${String(index + 1)}`, typeOfText(text)));
  }

  /** The fields in the order in which they were first seen. */
  fields(): readonly FieldSummary[] {
    return [...this.#fields].map(([name, { count, types }]) => ({ name, count, types: { ...types } }));
  }

  #add(name: string, type: FieldType): void {
    let field = this.#fields.get(name);
    if (field === undefined) {
      if (this.#fields.size >= MAX_FIELDS) {
        this.#left += 1;
        return;
      }
      this.#fields.set(name, (field = { count: 0, types: {} }));
    }
    field.count += 1;
    field.types[type] = (field.types[type] ?? 0) + 1;
  }
}

function isArray(row: unknown): row is readonly unknown[] {
  return Array.isArray(row);
}

function typeOfJson(value: unknown): FieldType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value as 'boolean' | 'string' | 'object';
}

function typeOfText(text: string): FieldType {
  if (text === '') return 'empty';
  if (/^[+-]?\d+$/.test(text)) return 'integer';
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return 'number';
  return /^(true|false)$/i.test(text) ? 'boolean' : 'string';
}
