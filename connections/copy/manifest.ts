/** A COPY manifest: the one way to load exactly a set of files. A file listed twice loads twice, as on Redshift. */
import { z } from 'zod';

import { AirtempoError } from '../../core/errors.js';

/** One line of a manifest. */
export interface ManifestEntry {
  readonly url: string;
  /** A missing mandatory file fails the load; a missing optional one is left out. Default false. */
  readonly mandatory: boolean;
}

const schema = z.object({
  entries: z.array(z.object({ url: z.string().min(1), mandatory: z.boolean().default(false) })).min(1),
});

/** Parses a manifest's text. `name` is for messages. Throws INVALID_COPY_OPTION. */
export function parseManifest(text: string, name: string): readonly ManifestEntry[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new AirtempoError(
      'INVALID_COPY_OPTION',
      `The manifest ${name} is not JSON: ${String(cause)}. It must be plain text, {"entries": [{"url": "s3://…", "mandatory": true}]}.`,
      { cause },
    );
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data.entries;
  const issue = parsed.error.issues[0];
  throw new AirtempoError(
    'INVALID_COPY_OPTION',
    `The manifest ${name} is wrong at "${issue?.path.join('.') ?? ''}": ${issue?.message ?? ''}. Write {"entries": [{"url": "s3://…", "mandatory": true}]}.`,
  );
}
