/** What clusters cost, roughly: enough to think twice. Prices differ by region and change; the page says what holds. Pure. */

/** US dollars an hour and node, on demand, us-east-1. Example figures. */
const EXAMPLE_PRICES: Readonly<Record<string, number>> = {
  'dc2.large': 0.25,
  'ra3.large': 0.543,
  'ra3.xlplus': 1.086,
  'ra3.4xlarge': 3.26,
  'ra3.16xlarge': 13.04,
};

/** Of which day the figures are. */
const PRICES_OF = '2025';
export const PRICE_PAGE = 'https://aws.amazon.com/redshift/pricing/';

/** One line: the example figure, how old it is, and where to look. */
export function describePrice(nodeType: string, nodes: number): string {
  const price = EXAMPLE_PRICES[nodeType];
  if (price === undefined) return `unknown for ${nodeType}: see ${PRICE_PAGE}`;
  const total = (price * nodes).toFixed(2);
  return `about $${total} an hour, storage apart (example: us-east-1, on demand, ${PRICES_OF}; see ${PRICE_PAGE})`;
}
