/**
 * A statement as every driver takes it: text in pieces, so that a value never becomes text by accident, and a secret is
 * known as one wherever the statement is shown.
 */

/** What a parameter may be. */
export type SqlValue = string | number | boolean | null;

/** Text as it is; a value, by its name; or text that must not be shown. */
export type SqlPart =
  string | { readonly name: string; readonly value: SqlValue } | { readonly secret: string };

export interface SqlStatement {
  /** What errors call it by: a file, or what it is for. */
  readonly place: string;
  readonly parts: readonly SqlPart[];
}

/** A statement out of parts. */
export function createStatement(place: string, ...parts: readonly SqlPart[]): SqlStatement {
  return { place, parts };
}

/** The statement with more text before and after it. */
export function wrapStatement(before: string, { place, parts }: SqlStatement, after: string): SqlStatement {
  return { place, parts: [before, ...parts, after] };
}

/** What stands for a secret wherever a statement is shown. */
const MASK = '***';

/** The text as a person reads it: parameters as `:name`, secrets masked. Never what is sent. */
export function showStatement({ parts }: SqlStatement): string {
  return parts
    .map((part) => (typeof part === 'string' ? part : 'secret' in part ? MASK : `:${part.name}`))
    .join('');
}

/** The values by their names. */
export function parametersOf({ parts }: SqlStatement): Readonly<Record<string, SqlValue>> {
  const values = parts.flatMap((part) =>
    typeof part === 'object' && 'name' in part ? [[part.name, part.value] as const] : [],
  );
  return Object.fromEntries(values);
}

/** The text with `$1`, `$2` … and the values beside it; a name used twice is one placeholder. */
export function toPositional({ parts }: SqlStatement): {
  readonly text: string;
  readonly values: readonly SqlValue[];
} {
  const names: string[] = [];
  const values: SqlValue[] = [];
  const texts = parts.map((part) => {
    if (typeof part === 'string') return part;
    if ('secret' in part) return part.secret;
    if (!names.includes(part.name)) {
      names.push(part.name);
      values.push(part.value);
    }
    return `$${String(names.indexOf(part.name) + 1)}`;
  });
  return { text: texts.join(''), values };
}
