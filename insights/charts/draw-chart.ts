/** Draws a chart of the report as SVG, with its colours and sizes. */
import { escapeMarkup } from '../report/escape-markup.js';
import type { ChartSpec } from './chart.js';
import { renderSvg } from './render-svg.js';

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

/** Names beside bars take this part of the width at most. */
const LABEL_SHARE = 0.4;

/** The chart as one `<svg>` element with a title. */
export async function drawChart(chart: ChartSpec, { width, id }: DrawOptions): Promise<string> {
  const spec = {
    ...chart.spec,
    width,
    height: chart.height,
    autosize: { type: 'fit-x', contains: 'padding' },
    padding: 2,
    config: { ...CONFIG, axisY: { ...CONFIG.axisY, labelLimit: Math.round(width * LABEL_SHARE) } },
  };
  return adapt(await renderSvg(spec), chart.title, id);
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
