/** Shows connections as text and as JSON. It prints what it is given: callers mask first. */
import type { Connection } from '../../core/connection.js';
import type { ConnectionSummary } from '../../connections/index.js';
import { formatTable } from '../output.js';

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
export function formatConnections(rows: readonly ConnectionSummary[], secrets: boolean): string {
  const hiddenColumns = secrets ? ['password', 'extra'] : [];
  const head = ['conn_id', 'conn_type', 'host', 'port', 'schema', 'login', ...hiddenColumns, 'source'];
  const cells = rows.map((row) => cellsOf(row, head.length, secrets).map(makePrintable));
  return `${formatTable(head, cells)}\n`;
}

function cellsOf(row: ConnectionSummary, columns: number, secrets: boolean): readonly string[] {
  if ('problem' in row) {
    return [row.id, '(unreadable)', ...Array<string>(columns - 3).fill(''), formatSource(row)];
  }
  const { type, host, port, schema, login, password, extra } = row.connection;
  const hidden = secrets ? [password, JSON.stringify(extra)] : [];
  return [row.id, type, host, port, schema, login, ...hidden, formatSource(row)].map((cell) =>
    String(cell ?? ''),
  );
}
