/** A watched topic as text: a screen for a terminal, a line for a log, an object for programs. Pure. */
import { formatDuration, style } from '../../output.js';
import { fitToWidth, padToWidth } from '../../terminal-text.js';
import { sumLag, type PartitionLag, type SinkPositions } from './lag.js';
import type { StreamSnapshot } from './stream-window.js';

/** A refresh. */
export interface WatchState {
  readonly topic: string;
  readonly atMs: number;
  readonly startMs: number;
  readonly windowMs: number;
  readonly stream: StreamSnapshot;
  readonly partitions: readonly PartitionLag[];
  readonly sinks: readonly SinkPositions[];
  /** Why the ends of the partitions are not those of now. */
  readonly problem: string | undefined;
}

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

const LABEL_COLUMNS = 14;
/** The lines that are always there, and one for the cursor. */
const FIXED_ROWS = 13;
const FEWEST_PARTITIONS = 3;
const BARS = '▁▂▃▄▅▆▇█';

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const rate = (value: number): string =>
  value < 10 && value > 0 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US');
const known = (value: number | undefined, format = whole): string =>
  value === undefined ? '–' : format(value);

/** Fits the screen; each line is at most as wide as it. */
export function formatScreen(state: WatchState, size: ScreenSize): string {
  const { stream } = state;
  const songs = stream.topSongs.slice(0, size.rows >= 24 ? 5 : 2);
  const problems = formatProblems(state, size.columns);
  const rows = Math.max(FEWEST_PARTITIONS, size.rows - FIXED_ROWS - songs.length - problems.length);
  return [
    ...formatHead(state, size.columns),
    '',
    ...formatStream(state, size.columns),
    ...problems,
    '',
    ...formatPartitions(state, size.columns, rows),
    '',
    ...formatSongs(state, songs, size.columns),
  ].join('\n');
}

function formatHead({ topic, atMs, startMs }: WatchState, columns: number): readonly string[] {
  const rest = `  watched for ${formatDuration(atMs - startMs)}; Ctrl-C ends`;
  const name = fitToWidth(topic, Math.max(10, columns - rest.length));
  return [`${style('bold', name)}${style('dim', fitToWidth(rest, columns - name.length))}`];
}

function formatStream({ stream, windowMs }: WatchState, columns: number): readonly string[] {
  const line = (label: string, text: string): string =>
    `${style('dim', padToWidth(label, LABEL_COLUMNS))}${fitToWidth(text, columns - LABEL_COLUMNS)}`;
  const { perSecond, history, messages, playsPerMinute } = stream;
  const counts = `${padToWidth(`${rate(perSecond)} /s`, 10)}${whole(messages)} seen  `;
  const room = columns - LABEL_COLUMNS - counts.length;
  const reasons = Object.entries(stream.malformedBy).map(([reason, count]) => `${reason} ${whole(count)}`);
  const users = `${whole(stream.activeUsers)}${stream.hasAllUsers ? '' : ' or more'}`;
  return [
    line('messages', `${counts}${drawBars(history.slice(-Math.max(0, room)))}`),
    line('plays', `${rate(playsPerMinute)} /min as they arrive`),
    line('by own time', formatMinutes(stream, columns - LABEL_COLUMNS)),
    line('active users', `${users} in the last ${formatWindow(windowMs)}`),
    line('malformed', `${whole(stream.malformed)}${reasons.length === 0 ? '' : `  ${reasons.join(', ')}`}`),
  ];
}

/** The plays a minute by their own time, and each minute as a bar between the first one and the last. */
function formatMinutes({ minutes, playsPerOwnMinute }: StreamSnapshot, columns: number): string {
  const [last] = minutes.slice(-1);
  if (last === undefined || playsPerOwnMinute === undefined) return '–';
  const count = padToWidth(`${rate(playsPerOwnMinute)} /min`, 10);
  const shown = minutes.slice(-Math.max(1, columns - count.length - 23));
  const from = formatMinute(shown[0]?.minuteMs ?? last.minuteMs).slice(-5);
  return `${count}${from} ${drawBars(shown.map(({ plays }) => plays))} ${formatMinute(last.minuteMs)}`;
}

function formatMinute(minuteMs: number): string {
  return new Date(minuteMs).toISOString().slice(0, 16).replace('T', ' ');
}

/** `5 min`, `1 h 0 min`, `30.0 s`. */
function formatWindow(windowMs: number): string {
  return windowMs % 60_000 === 0 && windowMs < 3_600_000
    ? `${String(windowMs / 60_000)} min`
    : formatDuration(windowMs);
}

function drawBars(values: readonly number[]): string {
  const highest = Math.max(1, ...values);
  const bar = (value: number): string =>
    value === 0 ? ' ' : (BARS[Math.ceil((value / highest) * BARS.length) - 1] ?? '');
  return values.map(bar).join('');
}

function formatProblems({ sinks, problem }: WatchState, columns: number): readonly string[] {
  const found = sinks.flatMap((sink) =>
    sink.problem === undefined ? [] : [`${sink.name}: ${sink.problem}`],
  );
  return [...(problem === undefined ? [] : [problem]), ...found].map((text) =>
    style('yellow', fitToWidth(text, columns)),
  );
}

/** All partitions where they fit, else those that are most behind. */
function formatPartitions(
  { partitions, sinks }: WatchState,
  columns: number,
  rows: number,
): readonly string[] {
  const names = sinks.map(({ name }) => name);
  const behind = ({ lag, perSecond }: PartitionLag): number =>
    Math.max(perSecond ?? 0, ...names.map((name) => lag[name] ?? 0));
  const shown =
    partitions.length <= rows
      ? partitions
      : partitions.toSorted((a, b) => behind(b) - behind(a)).slice(0, rows - 1);
  const cells = (
    name: string,
    { end, perSecond, lag }: Omit<PartitionLag, 'partition'>,
  ): readonly string[] => [
    name,
    whole(end),
    known(perSecond, rate),
    ...names.map((sink) => known(lag[sink])),
  ];
  const head = ['partition', 'end', 'new/s', ...names.map((name) => `lag ${name}`)];
  const table = [
    head,
    ...shown.map((one) => cells(String(one.partition), one)),
    cells('all', sumLag(partitions)),
  ];
  const widths = head.map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0)));
  const lines = table.map((row) =>
    fitToWidth(row.map((cell, at) => padToWidth(cell, widths[at] ?? 0, 'start')).join('   '), columns),
  );
  const left = partitions.length - shown.length;
  const more = left === 0 ? [] : [style('dim', `… ${String(left)} more that are less behind`)];
  return [style('bold', lines[0] ?? ''), ...lines.slice(1, -1), ...more, lines.at(-1) ?? ''];
}

function formatSongs(
  { stream, windowMs }: WatchState,
  songs: StreamSnapshot['topSongs'],
  columns: number,
): readonly string[] {
  const title = `top songs of the last ${formatWindow(windowMs)}`;
  if (songs.length === 0) return [style('dim', `${title}: no plays`)];
  const note = stream.missedPlays === 0 ? '' : `, each up to ${whole(stream.missedPlays)} plays more`;
  const width = Math.max(...songs.map(({ plays }) => whole(plays).length));
  const lines = songs.map(({ artist, song, plays }) => {
    const count = padToWidth(whole(plays), width, 'start');
    return `${count}  ${fitToWidth(`${song} – ${artist}`, columns - width - 2)}`;
  });
  return [style('bold', fitToWidth(`${title}${note}`, columns)), ...lines];
}

/** One line, for a log. */
export function formatLine({ atMs, stream, partitions, sinks, problem }: WatchState): string {
  const { lag } = sumLag(partitions);
  const [top] = stream.topSongs;
  const behind = sinks.map(({ name }) => `lag ${name} ${known(lag[name])}`);
  return [
    new Date(atMs).toISOString().slice(0, 19),
    `${rate(stream.perSecond)} messages/s`,
    `${whole(stream.messages)} seen`,
    `${rate(stream.playsPerMinute)} plays/min`,
    `${whole(stream.activeUsers)} users`,
    `${whole(stream.malformed)} malformed`,
    ...behind,
    ...(top === undefined ? [] : [`top ${fitToWidth(`${top.song} – ${top.artist}`, 60)}`]),
    ...(problem === undefined ? [] : [fitToWidth(problem, 160)]),
  ].join('  ');
}

/** For `--json`. */
export function toJson({ topic, atMs, windowMs, stream, partitions, sinks, problem }: WatchState): object {
  const problems = sinks.flatMap((sink) =>
    sink.problem === undefined ? [] : [`${sink.name}: ${sink.problem}`],
  );
  const last = stream.minutes.at(-1);
  return {
    at: new Date(atMs).toISOString(),
    topic,
    messages: stream.messages,
    messagesPerSecond: stream.perSecond,
    plays: stream.plays,
    playsPerMinute: stream.playsPerMinute,
    playsPerMinuteByEventTime: stream.playsPerOwnMinute ?? null,
    eventTime: last === undefined ? null : new Date(last.minuteMs).toISOString(),
    windowSeconds: windowMs / 1000,
    activeUsers: stream.activeUsers,
    hasAllUsers: stream.hasAllUsers,
    malformed: stream.malformed,
    malformedBy: stream.malformedBy,
    topSongs: stream.topSongs,
    missedPlays: stream.missedPlays,
    lag: sumLag(partitions).lag,
    partitions,
    problems: [...(problem === undefined ? [] : [problem]), ...problems],
  };
}
