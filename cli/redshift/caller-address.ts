/** The address from which this machine is seen on the internet, as the page says that the original projects look at. */
import { parseIngressCidr } from '../../connections/redshift-clusters/ingress-address.js';
import { AirtempoError } from '../../core/errors.js';

const PAGE = 'https://checkip.amazonaws.com/';
const TIMEOUT_MS = 10_000;

/** Asks for it. Throws CONNECTION_REFUSED when nobody tells. */
export async function findCallerCidr(page: string = PAGE): Promise<string> {
  try {
    const answer = await fetch(page, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!answer.ok) throw new Error(`HTTP ${String(answer.status)}`);
    return parseIngressCidr(await answer.text());
  } catch (cause) {
    throw new AirtempoError(
      'CONNECTION_REFUSED',
      `${page} does not tell your address. Name it with --cidr 203.0.113.7.`,
      { cause },
    );
  }
}
