/**
 * Draws a chart as SVG, without a browser: Vega-Lite to Vega to text. The same rows give the same bytes on every machine: text is
 * measured by a rule, never by fonts that happen to be installed, and times are UTC.
 */
import { escapeMarkup } from '../report/escape-markup.js';
import type { ChartSpec } from './chart.js';

export interface DrawOptions {
  /** Width of the drawing with its axes, in pixels. */
  readonly width: number;
  /** Made of letters and digits: names inside the SVG begin with it, since many SVGs share a page. */
  readonly id: string;
}

const CONFIG = {
  aria: false, // the title and the description say more than a list of every mark
  background: 'transparent',
  font: 'inherit',
  view: { stroke: null },
  axis: {
    labelColor: 'var(--muted)',
    titleColor: 'var(--muted)',
    labelFontSize: 11.5,
    titleFontSize: 11.5,
    titleFontWeight: 'normal',
    titlePadding: 10,
    gridColor: 'var(--line)',
    domainColor: 'var(--line)',
    tickColor: 'var(--line)',
  },
  axisY: { domain: false, ticks: false, labelPadding: 6 },
  legend: {
    labelColor: 'var(--text)',
    titleColor: 'var(--muted)',
    labelFontSize: 12,
    titleFontSize: 11.5,
    titleFontWeight: 'normal',
    symbolSize: 110,
    symbolOpacity: 1,
    orient: 'top',
  },
  text: { color: 'var(--text)' },
} as const;

/** Width of the average letter of a sans-serif face, in parts of its size. */
const LETTER_WIDTH = 0.54;

/** Names beside bars take this part of the width at most. */
const LABEL_SHARE = 0.4;

/** Vega's own hook for who measures text otherwise; its typings leave it out. */
interface TextMetrics {
  width: (item: { readonly fontSize?: number }, text?: string | number) => number;
}

/** The chart as one `<svg>` element with a title. */
export async function drawChart(chart: ChartSpec, { width, id }: DrawOptions): Promise<string> {
  // one after the other: Vega-Lite imports parts of Vega
  const vega = await import('vega');
  const { compile } = await import('vega-lite');
  const { textMetrics } = vega as unknown as { readonly textMetrics: TextMetrics };
  textMetrics.width = ({ fontSize = 11 }, text) =>
    Math.ceil(String(text ?? '').length * fontSize * LETTER_WIDTH);
  vega.resetSVGDefIds();
  const spec = {
    ...chart.spec,
    width,
    height: chart.height,
    autosize: { type: 'fit-x', contains: 'padding' },
    padding: 2,
    config: { ...CONFIG, axisY: { ...CONFIG.axisY, labelLimit: Math.round(width * LABEL_SHARE) } },
  };
  const logger = vega.logger(vega.Error);
  // the specification is built by chart.ts of parts whose exact types Vega-Lite does not export
  const compiled = compile(spec as unknown as Parameters<typeof compile>[0], { logger }).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logger });
  try {
    return adapt(await view.toSVG(), chart.title, id);
  } finally {
    view.finalize();
  }
}

/** Gives the drawing its title, lets its width follow the page, and makes its inner names unique on the page. */
function adapt(svg: string, title: string, id: string): string {
  const box = /viewBox="([^"]*)"/.exec(svg)?.[1] ?? '';
  const [, , width = '0', height = '0'] = box.split(' ');
  return svg
    .replace(
      /^<svg[^>]*>/,
      `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="${id}" viewBox="${box}" width="${width}" height="${height}">` +
        `<title id="${id}">${escapeMarkup(title)}</title>`,
    )
    .replaceAll(/\b(id="|url\(#)((?:clip|gradient|pattern)[\w-]*)/g, `$1${id}-$2`);
}
