/** The addresses that may reach a cluster, as a person writes them. Pure. */
import { isIPv4 } from 'node:net';
import { AirtempoError } from '../../core/errors.js';

/** Wider networks are no longer "the caller": a slip of the pen would open the cluster to strangers. */
const WIDEST_PREFIX = 16;

/**
 * An IPv4 address (`203.0.113.7`, taken for `/32`) or network (`203.0.113.0/28`) as CIDR.
 * @throws AirtempoError INVALID_ARGUMENT for anything else, and for networks wider than /16; `0.0.0.0/0` is never allowed
 */
export function parseIngressCidr(text: string): string {
  const [address = '', bits = '32', ...rest] = text.trim().split('/');
  if (rest.length > 0 || !isIPv4(address) || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `${JSON.stringify(text)} is no IPv4 address or network. Write 203.0.113.7, or 203.0.113.0/28.`,
    );
  }
  if (Number(bits) >= WIDEST_PREFIX) return `${address}/${String(Number(bits))}`;
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `${JSON.stringify(text)} would let ${Number(bits) === 0 ? 'the whole internet' : 'a very wide network'} reach the cluster: ` +
      `/${String(WIDEST_PREFIX)} is the widest that is allowed. Name your own address.`,
  );
}
