/** A query's rows as an HTML table: the first ones, with numbers that a person can read. */
import type { JsonValue } from '../../core/json.js';
import type { QueryResult } from '../insight.js';
import { count, percent } from '../words.js';
import { escapeMarkup } from './escape-markup.js';

const MOST_ROWS = 60;
/** Columns whose numbers are parts of a whole. */
const SHARE =
  /(^|_)(share|low|high|survival|stickiness|ratio|ratio_from|ratio_below|share_ever)$|^no_|share_of_/;

/** The table, and a note where it does not show every row. */
export function renderTable({ columns, rows }: QueryResult): string {
  if (rows.length === 0) return '<p class="note">No rows.</p>';
  const isNumber = new Map(
    columns.map((column) => [column, rows.some((row) => typeof row[column] === 'number')]),
  );
  const kind = (column: string): string => (isNumber.get(column) === true ? ' class="r"' : ' class="t"');
  const head = columns
    .map((column) => `<th scope="col"${kind(column)}>${escapeMarkup(column.replaceAll('_', ' '))}</th>`)
    .join('');
  const body = rows
    .slice(0, MOST_ROWS)
    .map((row) => {
      const cells = columns.map(
        (column) => `<td${kind(column)}>${escapeMarkup(formatCell(row[column], column))}</td>`,
      );
      return `<tr>${cells.join('')}</tr>`;
    })
    .join('\n');
  const note =
    rows.length > MOST_ROWS
      ? `<p class="note">The first ${String(MOST_ROWS)} of ${count(rows.length)} rows; all of them are in the table’s file.</p>`
      : '';
  return `<div class="scroll" tabindex="0" role="region" aria-label="Table"><table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>${note}`;
}

function formatCell(value: JsonValue | undefined, column: string): string {
  if (value === null || value === undefined) return '–';
  if (typeof value !== 'number') return typeof value === 'string' ? value : JSON.stringify(value);
  if (SHARE.test(column)) return percent(value);
  return Number.isInteger(value) ? count(value) : value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}
