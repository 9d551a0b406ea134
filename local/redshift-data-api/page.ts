/** Pages of a list: NextToken holds where the next one starts. It is opaque to clients and belongs to one list. */
import { ServiceError } from '../aws/service-error.js';

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Undefined on the last page. */
  readonly nextToken: string | undefined;
}

/** Cuts the page that `token` asks for; `list` names the list, so that a token of another one is refused. */
export function cutPage<Item>(
  all: readonly Item[],
  size: number,
  token: string | undefined,
  list: string,
): Page<Item> {
  const start = token === undefined ? 0 : readToken(token, list);
  const end = start + size;
  return {
    items: all.slice(start, end),
    nextToken: end < all.length ? Buffer.from(`${list}#${end}`).toString('base64url') : undefined,
  };
}

function readToken(token: string, list: string): number {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  const start = text.slice(text.lastIndexOf('#') + 1);
  if (text !== `${list}#${start}` || !/^\d{1,12}$/.test(start)) {
    throw new ServiceError('ValidationException', 'Invalid NextToken.');
  }
  return Number(start);
}
