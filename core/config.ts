/**
 * `airtempo.config.ts`: what belongs to the installation and not to one DAG. The one place that knows its
 * keys; it reads no file. A key is added here, in `configSchema`, and is documented in docs/operating.md.
 */
import { z } from 'zod';
import { AirtempoError } from './errors.js';
import { suggest } from './suggest.js';

/** Above, a single worker process would not serve the slots anyway. */
const MOST_SLOTS = 10_000;
/** A pool's name is the name of a Temporal task queue. */
const POOL_NAME = /^[A-Za-z0-9_.-]{1,200}$/;

const poolSchema = z.strictObject({
  /** Tasks at once in the worker that serves the pool. */
  slots: z.int().min(1).max(MOST_SLOTS),
  /** What the pool protects; shown by `airtempo pools list`. */
  description: z.string().optional(),
});

const configSchema = z.strictObject({
  /** Pools by name: the only ones that tasks may name. */
  pools: z
    .record(
      z.string().regex(POOL_NAME, 'a pool is named with 1 to 200 letters, digits, "_", "." and "-"'),
      poolSchema,
    )
    .default({}),
});

/** What `airtempo.config.ts` may say. */
export type AirtempoConfig = z.input<typeof configSchema>;

/** The configuration with its defaults filled in. */
export type ResolvedConfig = z.output<typeof configSchema>;

/** The default export of `airtempo.config.ts`: checks what it is given, and types it while it is written. Throws INVALID_CONFIG. */
export function defineConfig(config: AirtempoConfig): AirtempoConfig {
  parseConfig(config, 'defineConfig');
  return config;
}

/**
 * The configuration with its defaults.
 * @param where the file, for messages.
 * @throws AirtempoError INVALID_CONFIG naming the key, and the nearest one when it is unknown.
 */
export function parseConfig(config: unknown, where: string): ResolvedConfig {
  const parsed = configSchema.safeParse(config);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(describeIssue);
  throw new AirtempoError('INVALID_CONFIG', `${where}: ${problems.join(' ')}`);
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const at = issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `;
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys((issue.path.length === 0 ? configSchema : poolSchema).shape);
    return issue.keys
      .map(
        (key) =>
          `${at}the key ${JSON.stringify(key)} is unknown.${suggest(key, known)} Known keys: ${known.join(', ')}.`,
      )
      .join(' ');
  }
  if (issue.code === 'invalid_key') return `${at}${issue.issues.map(({ message }) => message).join('; ')}.`;
  return `${at}${issue.message}.`;
}
