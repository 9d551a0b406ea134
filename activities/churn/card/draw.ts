/**
 * The model card's charts: Vega-Lite to SVG text, without a browser. Same figures, same bytes: text is measured by a rule and not
 * by the fonts of the machine. Axes take the page's colour, so that they are readable in dark mode.
 */
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

/** Of the average letter of a sans-serif face, in parts of its size. */
const LETTER_WIDTH = 0.55;

/** Vega's hook for who measures text otherwise; its typings leave it out. */
interface TextMetrics {
  width: (item: { readonly fontSize?: number }, text?: unknown) => number;
}

/** The chart as one `<svg>` that follows the width of the page. */
export async function drawChart({ title, spec, width, height }: Chart): Promise<string> {
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const { textMetrics } = vega as unknown as { readonly textMetrics: TextMetrics };
  textMetrics.width = ({ fontSize = 11 }, text) =>
    Math.ceil(
      (typeof text === 'string' ? text : (JSON.stringify(text) ?? '')).length * fontSize * LETTER_WIDTH,
    );
  vega.resetSVGDefIds();
  const logger = vega.logger(vega.Error);
  const full = { ...spec, width, height, autosize: { type: 'fit', contains: 'padding' }, config: CONFIG };
  // the specification is built by charts.ts of parts whose exact types Vega-Lite does not export
  const compiled = compile(full as unknown as Parameters<typeof compile>[0], { logger }).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logger });
  try {
    const svg = await view.toSVG();
    const head = `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${String(width)} ${String(height)}"><title>${escapeMarkup(title)}</title>`;
    return svg.replace(/^<svg[^>]*>/, head);
  } finally {
    view.finalize();
  }
}
