/** How commands print: results to stdout, everything else to stderr. */
import { stripVTControlCharacters, styleText } from 'node:util';
import Table from 'cli-table3';
import type { TaskState } from '../core/states.js';

/** Prints a result. */
export function print(text: string): void {
  process.stdout.write(`${suit(text, process.stdout)}\n`);
}

/** Prints a result as JSON. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, undefined, process.stdout.isTTY ? 2 : 0));
}

/** Tells the person in front of the terminal something. */
export function say(text: string): void {
  process.stderr.write(`${suit(text, process.stderr)}\n`);
}

/** One stream may be a terminal and the other a file: colours are for the terminal. */
function suit(text: string, stream: NodeJS.WriteStream): string {
  return stream.isTTY || isForced() ? text : stripVTControlCharacters(text);
}

function isForced(): boolean {
  return (process.env['FORCE_COLOR'] ?? '0') !== '0';
}

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
} as const;

/** Columns without lines: easy to read, to copy and to cut. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: head.map((title) => style('bold', title)),
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString().replaceAll(/ +$/gm, '');
}

type Style = Parameters<typeof styleText>[0];

/** Colours where they are wanted: a terminal, and no NO_COLOR (no-color.org); or FORCE_COLOR. */
export function style(format: Style, text: string): string {
  const isTerminal = process.stdout.isTTY || process.stderr.isTTY;
  const wanted = isForced() || (isTerminal && (process.env['NO_COLOR'] ?? '') === '');
  return wanted ? styleText(format, text, { validateStream: false }) : text;
}

/**
 * A task's state as a person sees it, with those of Airflow's that Temporal keeps: waiting for a worker, for
 * the next try, and for a sensor's next poke.
 */
export type ShownState = TaskState | 'queued' | 'up_for_retry' | 'up_for_reschedule';

const STATE_STYLES: Readonly<Record<ShownState, readonly [icon: string, format: Style]>> = {
  none: ['·', 'dim'],
  scheduled: ['◦', 'dim'],
  queued: ['◌', 'yellow'],
  running: ['▶', 'cyan'],
  up_for_retry: ['↻', 'yellow'],
  up_for_reschedule: ['◔', 'cyan'],
  success: ['✔', 'green'],
  failed: ['✘', 'red'],
  skipped: ['↷', 'magenta'],
  upstream_failed: ['⊘', 'red'],
  removed: ['–', 'dim'],
};

/** A task's state with its icon and colour. */
export function formatState(state: ShownState): string {
  const [icon, format] = STATE_STYLES[state];
  return style(format, `${icon} ${state}`);
}

export function iconOfState(state: ShownState): string {
  return STATE_STYLES[state][0];
}

export function styleOfState(state: ShownState): Style {
  return STATE_STYLES[state][1];
}

/** Columns of the terminal; a hundred where there is none. */
export function terminalWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns : 100;
}

/** The text on one line, cut with an ellipsis. */
export function fit(text: string, width: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

/** `850 ms`, `3.2 s`, `4 min 10 s`, `2 h 5 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${String(Math.round(ms))} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= 3_570_000)
    return `${String(Math.floor(Math.round(ms / 60_000) / 60))} h ${String(Math.round(ms / 60_000) % 60)} min`;
  const seconds = Math.round(ms / 1000);
  return `${String(Math.floor(seconds / 60))} min ${String(seconds % 60)} s`;
}
