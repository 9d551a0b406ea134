/** Kinds of charts, as Vega-Lite specifications. Colours are CSS variables of the report, so that one SVG suits light and dark. */
import type { PlainRow } from '../../connections/duckdb/plain-value.js';
import { text } from '../words.js';

/** A chart before it is drawn. */
export interface ChartSpec {
  /** What is to be seen, for the caption and for who cannot see it. */
  readonly title: string;
  /** Vega-Lite, without a width. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** Height of the drawing, in pixels. */
  readonly height: number;
}

type Rows = readonly PlainRow[];
type Field = Readonly<Record<string, unknown>>;

/** The series' colours, in their order. */
export const SERIES = ['var(--c1)', 'var(--c2)', 'var(--c3)', 'var(--c4)'] as const;

const HEIGHT = 240;
const ROW_HEIGHT = 24;
/** The longest bar leaves this much for its value. */
const ROOM_FOR_LABELS = 1.18;

/** A day, in UTC whatever the machine's zone. */
export function days(field = 'day'): Field {
  return {
    field,
    type: 'temporal',
    scale: { type: 'utc' },
    axis: { title: null, format: '%-d %b', labelOverlap: true, grid: false, tickCount: 6 },
  };
}

/** A quantity from 0, or from its lowest value. */
export function amount(
  field: string,
  title: string,
  options: { format?: string; zero?: boolean } = {},
): Field {
  const { format = '~s', zero = true } = options;
  return { field, type: 'quantitative', title, scale: { zero }, axis: { format, tickCount: 5 } };
}

function series(field: string, names: readonly string[]): Field {
  return {
    field,
    type: 'nominal',
    title: null,
    scale: { domain: names, range: names.map((_, index) => SERIES[index % SERIES.length]) },
    legend: { orient: 'top' },
  };
}

function values(rows: Rows): Field {
  return { values: rows };
}

/** Names of a column, in the order of their first row. */
function namesOf(rows: Rows, column: string): readonly string[] {
  return [...new Set(rows.map((row) => text(row, column)))];
}

/** Several columns as one column of names and one of values: what a chart of several lines needs. */
export function fold(rows: Rows, keep: readonly string[], columns: Readonly<Record<string, string>>): Rows {
  return rows.flatMap((row) =>
    Object.entries(columns).map(([column, name]) => ({
      ...Object.fromEntries(keep.map((key) => [key, row[key] ?? null])),
      name,
      value: row[column] ?? null,
    })),
  );
}

export interface LinesOptions {
  readonly title: string;
  readonly x: Field;
  readonly y: Field;
  /** Column that tells the lines apart. */
  readonly series?: string;
  /** Columns of a band round the line. */
  readonly band?: readonly [low: string, high: string];
  readonly interpolate?: 'monotone' | 'step-after' | 'linear';
  readonly points?: boolean;
}

/** Lines over time or another quantity. */
export function lines(rows: Rows, options: LinesOptions): ChartSpec {
  const { title, x, y, series: by, band, interpolate = 'monotone', points = false } = options;
  const colour = by === undefined ? { value: SERIES[0] } : series(by, namesOf(rows, by));
  const layer: Field[] = [];
  if (band !== undefined) {
    layer.push({
      mark: { type: 'area', opacity: 0.18, interpolate, color: SERIES[0] },
      encoding: { x, y: { ...y, field: band[0] }, y2: { field: band[1] } },
    });
  }
  layer.push({ mark: { type: 'line', interpolate, strokeWidth: 2 }, encoding: { x, y, color: colour } });
  if (points)
    layer.push({ mark: { type: 'point', filled: true, size: 36 }, encoding: { x, y, color: colour } });
  return { title, height: HEIGHT, spec: { data: values(rows), layer } };
}

export interface BarsOptions {
  readonly title: string;
  /** Column of the names beside the bars, from top to bottom. */
  readonly names: string;
  readonly value: string;
  readonly unit: string;
  /** d3-format of the axis and the labels. */
  readonly format: string;
  /** Column that sets bars of one name beside each other. */
  readonly series?: string;
}

/** Lying bars with their values: names stay readable on a phone. */
export function bars(rows: Rows, options: BarsOptions): ChartSpec {
  const { title, names, value, unit, format, series: by } = options;
  const order = namesOf(rows, names);
  const groups = by === undefined ? 1 : namesOf(rows, by).length;
  const encoding = {
    y: {
      field: names,
      type: 'nominal',
      sort: order,
      title: null,
      axis: { ticks: false, domain: false, labelPadding: 8 },
      scale: { paddingInner: by === undefined ? 0.3 : 0.25 },
    },
    x: {
      field: value,
      type: 'quantitative',
      title: unit,
      axis: { format, tickCount: 4 },
      scale: {
        zero: true,
        nice: false,
        domainMax: ROOM_FOR_LABELS * Math.max(...rows.map((row) => Number(row[value] ?? 0)), 1e-9),
      },
    },
    ...(by === undefined ? {} : { yOffset: { field: by, type: 'nominal', sort: namesOf(rows, by) } }),
    color: by === undefined ? { value: SERIES[0] } : series(by, namesOf(rows, by)),
  };
  return {
    title,
    height: Math.max(60, order.length * ROW_HEIGHT * (groups === 1 ? 1 : groups * 0.85)),
    spec: {
      data: values(rows),
      encoding,
      layer: [
        { mark: { type: 'bar', cornerRadiusEnd: 3 } },
        {
          mark: { type: 'text', align: 'left', dx: 5, fontSize: 11 },
          encoding: { text: { field: value, format }, color: { value: 'currentColor' } },
        },
      ],
    },
  };
}

export interface IntervalsOptions {
  readonly title: string;
  readonly names: string;
  readonly share?: string;
  readonly low?: string;
  readonly high?: string;
  readonly series?: string;
}

/** Shares with their intervals: a dot and a line. The caption says what they are shares of. */
export function intervals(rows: Rows, options: IntervalsOptions): ChartSpec {
  const { title, names, share = 'share', low = 'low', high = 'high', series: by } = options;
  const order = namesOf(rows, names);
  const groups = by === undefined ? 1 : namesOf(rows, by).length;
  const y = {
    field: names,
    type: 'nominal',
    sort: order,
    title: null,
    axis: { ticks: false, domain: false, labelPadding: 8, grid: false },
  };
  const colour = by === undefined ? { value: SERIES[0] } : series(by, namesOf(rows, by));
  const offset = by === undefined ? {} : { yOffset: { field: by, type: 'nominal', sort: namesOf(rows, by) } };
  const axis = { format: '~%', tickCount: 4 };
  return {
    title,
    height: Math.max(60, order.length * ROW_HEIGHT * (groups === 1 ? 1 : groups * 0.8)),
    spec: {
      data: values(rows),
      encoding: { y, ...offset, color: colour },
      layer: [
        {
          mark: { type: 'rule', strokeWidth: 2, opacity: 0.55 },
          encoding: {
            x: { field: low, type: 'quantitative', title: null, axis, scale: { zero: true } },
            x2: { field: high },
          },
        },
        {
          mark: { type: 'point', filled: true, size: 70, opacity: 1 },
          encoding: { x: { field: share, type: 'quantitative' } },
        },
      ],
    },
  };
}

export interface HeatOptions {
  readonly title: string;
  readonly x: Field;
  readonly y: Field;
  readonly value: string;
  readonly format: string;
  readonly rows: number;
}

/** A table of cells whose strength is the value: one colour, so that it suits light and dark. */
export function heat(rows: Rows, options: HeatOptions): ChartSpec {
  const { title, x, y, value, format } = options;
  const opacity = {
    field: value,
    type: 'quantitative',
    title: null,
    scale: { range: [0.06, 1], zero: true },
    legend: {
      orient: 'top',
      format,
      tickCount: 3,
      symbolType: 'square',
      symbolFillColor: SERIES[0],
      symbolStrokeWidth: 0,
    },
  };
  return {
    title,
    height: Math.max(80, options.rows * 26),
    spec: {
      data: values(rows),
      mark: { type: 'rect', fill: SERIES[0], stroke: 'var(--card)', strokeWidth: 1.5, cornerRadius: 2 },
      encoding: { x, y, opacity },
    },
  };
}
