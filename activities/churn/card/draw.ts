/** Draws the model card's charts. Axes take the page's colour, so that they are readable in dark mode. */
import { renderSvg } from '../../../insights/charts/render-svg.js';
import { escapeMarkup } from '../../../insights/report/escape-markup.js';

export interface Chart {
  readonly title: string;
  /** A Vega-Lite specification without sizes and colours of axes. */
  readonly spec: Readonly<Record<string, unknown>>;
  readonly width: number;
  readonly height: number;
}

const INK = 'currentColor';
const FAINT = '#8886';
const CONFIG = {
  aria: false,
  background: 'transparent',
  font: 'system-ui, sans-serif',
  view: { stroke: null },
  axis: {
    labelColor: INK,
    titleColor: INK,
    gridColor: FAINT,
    domainColor: FAINT,
    tickColor: FAINT,
    labelLimit: 150,
  },
  legend: { labelColor: INK, titleColor: INK, orient: 'bottom', title: null },
} as const;

/** The chart as one `<svg>` that follows the width of the page. */
export async function drawChart({ title, spec, width, height }: Chart): Promise<string> {
  const fit = { type: 'fit', contains: 'padding' };
  const svg = await renderSvg({ ...spec, width, height, autosize: fit, config: CONFIG });
  const head = `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${String(width)} ${String(height)}"><title>${escapeMarkup(title)}</title>`;
  return svg.replace(/^<svg[^>]*>/, head);
}
