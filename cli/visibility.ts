/** Values in Temporal's visibility queries. */

/** A value in a query; a quote in it must not end it. */
export function quote(value: string): string {
  return `"${value.replaceAll(/["\\]/g, '')}"`;
}
