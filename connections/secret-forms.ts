/**
 * Computes the spellings in which a secret can turn up in text: URL-encoded, JSON-escaped, base64.
 * Pure; the scrubber searches for the results.
 */

/** Base64 pieces shorter than this match innocent text. */
const MIN_BASE64_PIECE = 8;

/** `%XX` for every byte outside `kept`; works for any string, lone surrogates included. */
function encodeBytes(text: string, kept: RegExp): string {
  const encodeChar = (char: string): string =>
    [...Buffer.from(char)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
  return Array.from(text)
    .map((char) => (kept.test(char) ? char : encodeChar(char)))
    .join('');
}

/** RFC 3986, Python's quote, JavaScript's encodeURIComponent and encodeURI, WHATWG user info, HTML forms. */
function computeUrlForms(secret: string): readonly string[] {
  const strict = encodeBytes(secret, /[\w.~-]/);
  const upper = [
    strict,
    encodeBytes(secret, /[\w.~/-]/),
    encodeBytes(secret, /[\w.~!'()*-]/),
    encodeBytes(secret, /[\w.~!'()*;,/?:@&=+$#-]/),
    encodeBytes(secret, /[\w.~!$&'()*+,%-]/),
    encodeBytes(secret, /[\w.* -]/).replaceAll(' ', '+'),
    strict.replaceAll('%20', '+'),
  ];
  return [...upper, ...upper.map((form) => form.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()))];
}

/** Inside a JSON text, inside JSON in JSON, and with non-ASCII as `\uXXXX` as Python writes it. */
function computeJsonForms(secret: string): readonly string[] {
  const escape = (text: string): string => JSON.stringify(text).slice(1, -1);
  const once = escape(secret);
  const ascii = once.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return [once, escape(once), ascii, escape(ascii)];
}

/**
 * Base64 of the secret alone, and the characters that the secret alone decides when it sits somewhere
 * inside a longer text that was encoded (a Basic header, a Temporal payload), for the three alignments.
 */
function computeBase64Forms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const whole = bytes.toString('base64');
  const pieces = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const firstOwn = Math.ceil((offset * 8) / 6);
    return encoded.slice(firstOwn, Math.floor(((offset + bytes.length) * 8) / 6));
  });
  const long = pieces.filter((piece) => piece.length >= MIN_BASE64_PIECE);
  const forms = [whole, whole.replace(/=+$/, ''), ...long];
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}

/** Every spelling of the secret, itself included, without repetition. */
export function computeSecretForms(secret: string): readonly string[] {
  return [
    ...new Set([
      secret,
      ...computeUrlForms(secret),
      ...computeJsonForms(secret),
      ...computeBase64Forms(secret),
    ]),
  ];
}
