/**
 * Under which key an output is stored. Run ids are chosen by people: whatever they hold, the key is one
 * that file systems and object stores take, and it stays inside its folder or prefix. Pure.
 */
import { createHash } from 'node:crypto';

/** File systems take names of 255 bytes; a file in the making has some more behind its name. */
const LONGEST_SEGMENT = 150;
const DIGEST_CHARACTERS = 16;

/**
 * The key for an output with this digest. The digest is in it, so that a try that was taken for dead and
 * ends late, or a later run with the same id, does not overwrite what another try has written.
 */
export function computeXComKey(name: string, digest: string): string {
  const segments = name.split('/').map(encodeSegment);
  return `${segments.join('/')}.${digest.slice(0, DIGEST_CHARACTERS)}.json`;
}

/** One name as file systems and object stores take it: never a way out of its folder, never too long. */
export function encodeSegment(segment: string): string {
  const encoded = encodeURIComponent(Buffer.from(segment).toString()).replaceAll('%3A', ':');
  if (encoded === '') return '%'; // encoding makes no lone "%": it is nobody else's
  if (/^\.+$/.test(encoded)) return encoded.replaceAll('.', '%2E'); // "." and ".." are ways, not names
  if (encoded.length <= LONGEST_SEGMENT) return encoded;
  const digest = createHash('sha256').update(segment).digest('hex').slice(0, DIGEST_CHARACTERS);
  return `${encoded.slice(0, LONGEST_SEGMENT - DIGEST_CHARACTERS)}~${digest}`;
}
