/** A line of a task's log as a person reads it: time, level, message, fields; an error with its stack below. */
import { fileURLToPath } from 'node:url';
import { style } from './output.js';

type Style = Parameters<typeof style>[0];

/** Pino's levels. */
const LEVELS: readonly (readonly [from: number, name: string, format: Style])[] = [
  [60, 'FATAL', 'red'],
  [50, 'ERROR', 'red'],
  [40, 'WARN ', 'yellow'],
  [30, 'INFO ', 'green'],
  [20, 'DEBUG', 'blue'],
  [0, 'TRACE', 'dim'],
];

const SHOWN_APART = ['level', 'time', 'msg', 'err', 'pid', 'hostname'];
/** Whoever reads the log of a try has just named it. */
const KNOWN = ['dagId', 'runId', 'taskId', 'tryNumber', 'workflowId'];

/** A line of JSON as text; anything else as it is. */
export function formatLogLine(line: string): string {
  const entry = parse(line);
  if (entry === undefined) return line;
  const level = LEVELS.find(([from]) => Number(entry['level']) >= from) ?? LEVELS[3];
  const [, name = 'INFO ', format = 'green'] = level ?? [];
  const head = [style('dim', formatTime(entry['time'])), style(format, name), formatMessage(entry)];
  return [head.join('  '), ...formatError(entry['err'])].join('\n');
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function formatTime(time: unknown): string {
  return typeof time === 'number' ? new Date(time).toISOString().slice(11, 23) : '            ';
}

function formatMessage(entry: Readonly<Record<string, unknown>>): string {
  const fields = Object.entries(entry)
    .filter(([key]) => !SHOWN_APART.includes(key) && !KNOWN.includes(key))
    .map(([key, value]) => style('dim', `${key}=${formatValue(value)}`));
  const { msg } = entry;
  return [typeof msg === 'string' ? msg : '', ...fields].join('  ');
}

function formatValue(value: unknown): string {
  return typeof value === 'string' && /^\S+$/.test(value) ? value : JSON.stringify(value);
}

/** Its message in red, the rest of the stack below. */
function formatError(error: unknown): readonly string[] {
  if (typeof error !== 'object' || error === null) return [];
  const { type, code, message, stack } = error as Readonly<Record<string, unknown>>;
  const name = typeof code === 'string' ? code : typeof type === 'string' ? type : 'Error';
  const frames = typeof stack === 'string' ? stack.split('\n').filter(isTelling) : [];
  return [
    `${INDENT}${style('red', `${name}: ${String(message)}`)}`,
    ...frames.map((frame) =>
      style('dim', `${INDENT}${frame.startsWith('caused by') ? '' : '  '}${frame.trim()}`),
    ),
  ];
}

/** Below the message. */
const INDENT = ' '.repeat('21:00:00.000  INFO   '.length);
/** The engine's own frames are the same in every stack; `--json` has them. */
const ENGINE = [
  fileURLToPath(new URL('../workers/', import.meta.url)),
  '/node_modules/@temporalio/',
  '(node:',
];

function isTelling(line: string): boolean {
  if (line.startsWith('caused by')) return true;
  return /^\s+at /.test(line) && !ENGINE.some((place) => line.includes(place));
}
