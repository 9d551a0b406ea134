/** Text as it may stand in HTML and SVG, within elements and within quoted attributes. */

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes `& < > " '`, and removes control characters, which HTML does not allow. */
export function escapeMarkup(text: string): string {
  return text
    .replaceAll(/(?![\t\n\r])\p{Cc}/gu, '')
    .replaceAll(/[&<>"']/g, (found) => ESCAPES[found] ?? found);
}
