/** Shows connections as text and as JSON. It prints what it is given: callers mask first. */
import Table from 'cli-table3';
import type { Connection } from '../../core/connection.js';
import type { ConnectionSummary } from '../../connections/index.js';

/** A connection as `--json` prints it, in Airflow's field names. */
export function toJsonRecord(connection: Connection): Record<string, unknown> {
  return {
    conn_id: connection.id,
    conn_type: connection.type,
    description: connection.description ?? null,
    host: connection.host ?? null,
    schema: connection.schema ?? null,
    login: connection.login ?? null,
    password: connection.password ?? null,
    port: connection.port ?? null,
    extra: connection.extra,
  };
}

/** JSON for a person and for jq. */
export function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Control characters would let a stored description steer the terminal. */
export function makePrintable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => {
    return `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}

/** One connection, a field a line. */
export function formatConnection(connection: Connection, place: string): string {
  const fields: readonly (readonly [string, string | number | undefined])[] = [
    ['Connection Id', connection.id],
    ['Connection Type', connection.type],
    ['Description', connection.description],
    ['Host', connection.host],
    ['Schema', connection.schema],
    ['Login', connection.login],
    ['Password', connection.password],
    ['Port', connection.port],
    ['Extra', JSON.stringify(connection.extra)],
    ['Source', place],
  ];
  return fields
    .map(([name, value]) => `${name}: ${makePrintable(String(value ?? ''))}`.trimEnd() + '\n')
    .join('');
}

function formatSource(summary: ConnectionSummary): string {
  return summary.shadowed.length === 0
    ? summary.place
    : `${summary.place} (hides ${summary.shadowed.join(', ')})`;
}

/** A table of connections, without passwords and extras; `secrets` adds these two columns. */
export function formatTable(rows: readonly ConnectionSummary[], secrets: boolean): string {
  const head = [
    'conn_id',
    'conn_type',
    'host',
    'port',
    'schema',
    'login',
    ...(secrets ? ['password', 'extra'] : []),
    'source',
  ];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const row of rows) {
    if ('problem' in row) {
      table.push(
        [row.id, '(unreadable)', ...head.slice(3).map(() => ''), formatSource(row)].map(makePrintable),
      );
      continue;
    }
    const { type, host, port, schema, login, password, extra } = row.connection;
    const hidden = secrets ? [password, JSON.stringify(extra)] : [];
    const cells = [row.id, type, host, port, schema, login, ...hidden, formatSource(row)];
    table.push(cells.map((cell) => makePrintable(String(cell ?? ''))));
  }
  return `${table.toString()}\n`;
}
