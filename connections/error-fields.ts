/**
 * Reads the fields of a foreign error by their shape. Not by `instanceof`: an error may come from another realm
 * (a worker's or a test's VM context), where `Error` is another class.
 */

export interface ErrorFields {
  readonly name: string;
  readonly message: string;
  /** Node's, pg's or zlib's code, such as `ECONNREFUSED`, `42P01` or `Z_DATA_ERROR`; '' when there is none. */
  readonly code: string;
  /** The parts of an AggregateError. */
  readonly errors: readonly unknown[];
}

/** The fields of whatever was thrown. */
export function readErrorFields(error: unknown): ErrorFields {
  const fields: { name?: unknown; message?: unknown; code?: unknown; errors?: unknown } =
    typeof error === 'object' && error !== null ? error : {};
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return {
    name: text(fields.name),
    message: text(fields.message) || (typeof error === 'string' ? error : ''),
    code: text(fields.code),
    errors: Array.isArray(fields.errors) ? fields.errors : [],
  };
}
