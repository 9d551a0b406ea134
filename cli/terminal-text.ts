/** Texts from outside as a terminal may show them: they steer nothing, stay on their line and take no more room than they are given. */
import stringWidth from 'string-width';
import { makePrintable } from './connections/render.js';

const characters = new Intl.Segmenter();
/** More marks on one letter would be drawn over the lines above. */
const HEAPED_MARKS = /(\p{M}{2})\p{M}+/gu;

/** The text with control characters made visible, and cut with an ellipsis where it is wider than so many columns. */
export function fitToWidth(text: string, width: number): string {
  const printable = makePrintable(text).replaceAll(HEAPED_MARKS, '$1');
  if (stringWidth(printable) <= width) return printable;
  let kept = '';
  let columns = 1; // the ellipsis
  for (const { segment } of characters.segment(printable)) {
    columns += stringWidth(segment);
    if (columns > width) break;
    kept += segment;
  }
  return width < 1 ? '' : `${kept}…`;
}

/** Fills up to so many columns, on the right or on the left. */
export function padToWidth(text: string, width: number, side: 'start' | 'end' = 'end'): string {
  const room = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return side === 'start' ? room + text : text + room;
}
