/**
 * Vega-Lite to Vega to SVG text, without a browser. The same specification gives the same bytes on every machine: text is
 * measured by a rule, never by fonts that happen to be installed.
 */

/** Width of the average letter of a sans-serif face, in parts of its size. */
const LETTER_WIDTH = 0.54;

/** Vega's own hook for who measures text otherwise; its typings leave it out. */
interface TextMetrics {
  width: (item: { readonly fontSize?: number }, text?: string | number) => number;
}

/** Draws a Vega-Lite specification that has its data, its size and its colours. */
export async function renderSvg(spec: Readonly<Record<string, unknown>>): Promise<string> {
  // one after the other: Vega-Lite imports parts of Vega
  const vega = await import('vega');
  const { compile } = await import('vega-lite');
  const { textMetrics } = vega as unknown as { readonly textMetrics: TextMetrics };
  textMetrics.width = ({ fontSize = 11 }, text) =>
    Math.ceil(String(text ?? '').length * fontSize * LETTER_WIDTH);
  vega.resetSVGDefIds();
  const logger = vega.logger(vega.Error);
  // charts are built of parts whose exact types Vega-Lite does not export
  const compiled = compile(spec as unknown as Parameters<typeof compile>[0], { logger }).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logger });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
