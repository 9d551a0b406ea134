/** A query's rows as a CSV or JSON file. */
import type { QueryResult } from './insight.js';

export const FORMATS = ['csv', 'json'] as const;
export type Format = (typeof FORMATS)[number];

/** The file's text. The same rows give the same bytes. */
export function formatRows({ columns, rows }: QueryResult, format: Format): string {
  if (format === 'json') {
    const lines = rows.map((row) => `  ${JSON.stringify(row)}`);
    return rows.length === 0 ? '[]\n' : `[\n${lines.join(',\n')}\n]\n`;
  }
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
  return lines.map((cells) => `${cells.map(formatCell).join(',')}\n`).join('');
}

/** RFC 4180; a missing value is an empty cell, an empty text two quotes. */
function formatCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
