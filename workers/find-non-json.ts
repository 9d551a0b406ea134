/** Finds what JSON would silently lose of a value, or turn into something else. Pure. */

export interface NonJsonOptions {
  /** Whether a value with a JSON form of its own, such as a Date, may become that form. */
  readonly jsonForms: 'allowed' | 'refused';
}

/**
 * The first part of `value` that is not JSON, such as `rows.0 is a Map`; undefined when all of it is.
 * Absent (undefined) fields are fine. The value must not refer to itself.
 */
export function findNonJson(value: unknown, options: NonJsonOptions): string | undefined {
  return find(value, options, '');
}

function find(value: unknown, options: NonJsonOptions, path: string): string | undefined {
  const name = describeNonJson(value, options);
  if (name !== undefined) return path === '' ? `it is ${name}` : `${path} is ${name}`;
  if (typeof value !== 'object' || value === null || hasJsonForm(value)) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const found = item === undefined ? undefined : find(item, options, path === '' ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function describeNonJson(value: unknown, { jsonForms }: NonJsonOptions): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : String(value);
  if (['bigint', 'function', 'symbol'].includes(typeof value)) return `a ${typeof value}`;
  if (typeof value !== 'object' || value === null) return undefined;
  return isRefused(value, jsonForms) ? `a ${nameOf(value)}` : undefined;
}

/** JSON would write `{}` for a Map, a Set, a WeakMap, and an object of numbered fields for bytes. */
function isRefused(value: object, jsonForms: NonJsonOptions['jsonForms']): boolean {
  if (hasJsonForm(value)) return jsonForms === 'refused';
  return (
    value instanceof Map || value instanceof Set || value instanceof Promise || ArrayBuffer.isView(value)
  );
}

function hasJsonForm(value: object): boolean {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

function nameOf(value: object): string {
  return value.constructor?.name ?? 'object';
}
