/** What the name of an object says about its bytes. Pure. */

export type DataFormat = 'json' | 'csv' | 'other';

/** The format and, for CSV, the character between two fields; `unknown` when only the bytes can tell. */
export type NamedFormat =
  { readonly format: 'json' | 'other' | 'unknown' } | { readonly format: 'csv'; readonly delimiter: string };

const COMPRESSED = /\.gz(ip)?$/i;

export function formatOfKey(key: string): NamedFormat {
  const name = key.slice(key.lastIndexOf('/') + 1).replace(COMPRESSED, '');
  if (name.startsWith('.') || name.startsWith('_')) return { format: 'other' }; // .DS_Store, _SUCCESS
  const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase();
  switch (extension) {
    case 'json':
    case 'jsonl':
    case 'ndjson':
      return { format: 'json' };
    case 'csv':
      return { format: 'csv', delimiter: ',' };
    case 'tsv':
      return { format: 'csv', delimiter: '\t' };
    case undefined:
    case 'log':
    case 'txt':
    case 'data':
      return { format: 'unknown' };
    default:
      return { format: 'other' };
  }
}

/** Whether bytes of an unknown format begin as a JSON record. */
export function looksLikeJson(head: Buffer): boolean {
  return /^\uFEFF?\s*[{[]/.test(head.toString('utf8', 0, 256));
}
