/** Reads OpenLineage's standard variables: whether lineage is on, and where events go. Reads nothing else. */
import path from 'node:path';
import { AirtempoError } from '../../core/errors.js';

/** Where events go. */
export type LineageConfig = { readonly namespace: string } & (
  | { readonly type: 'http'; readonly url: string; readonly apiKey?: string }
  | { readonly type: 'file'; readonly path: string }
);

const DEFAULT_NAMESPACE = 'airtempo';
const DEFAULT_ENDPOINT = 'api/v1/lineage';

/**
 * `OPENLINEAGE_URL`, with `OPENLINEAGE_ENDPOINT` and `OPENLINEAGE_API_KEY`; or `OPENLINEAGE__TRANSPORT__TYPE` `http` or
 * `file`, with `…__URL`, `…__ENDPOINT`, `…__AUTH` or `…__LOG_FILE_PATH`. `OPENLINEAGE_NAMESPACE` names the jobs'.
 * `OPENLINEAGE_DISABLED=true`: off. Undefined when off. Throws INVALID_ARGUMENT.
 */
export function readLineageConfig(env: NodeJS.ProcessEnv, cwd: string): LineageConfig | undefined {
  if (read(env, 'OPENLINEAGE_DISABLED')?.toLowerCase() === 'true') return undefined;
  const namespace = read(env, 'OPENLINEAGE_NAMESPACE') ?? DEFAULT_NAMESPACE;
  const type = read(env, 'OPENLINEAGE__TRANSPORT__TYPE');
  if (type === 'file') return { namespace, type, path: readLogFile(env, cwd) };
  if (type === undefined && read(env, 'OPENLINEAGE_URL') === undefined) return undefined;
  if (type !== undefined && type !== 'http') {
    throw invalid('OPENLINEAGE__TRANSPORT__TYPE', `is ${JSON.stringify(type)}`, 'Use http or file.');
  }
  const apiKey = readApiKey(env);
  return { namespace, type: 'http', url: readUrl(env), ...(apiKey === undefined ? {} : { apiKey }) };
}

function read(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const text = env[name]?.trim() ?? '';
  return text === '' ? undefined : text;
}

function readLogFile(env: NodeJS.ProcessEnv, cwd: string): string {
  const file = read(env, 'OPENLINEAGE__TRANSPORT__LOG_FILE_PATH');
  if (file !== undefined) return path.resolve(cwd, file);
  throw invalid(
    'OPENLINEAGE__TRANSPORT__LOG_FILE_PATH',
    'is not set',
    'Name the file that events are appended to.',
  );
}

function readUrl(env: NodeJS.ProcessEnv): string {
  const name = ['OPENLINEAGE__TRANSPORT__URL', 'OPENLINEAGE_URL'].find(
    (name) => read(env, name) !== undefined,
  );
  const base = name === undefined ? '' : (read(env, name) ?? '');
  if (!URL.canParse(base) || !/^https?:$/.test(new URL(base).protocol)) {
    throw invalid(
      name ?? 'OPENLINEAGE_URL',
      'is not an http or https URL',
      'Write it as http://127.0.0.1:5000.',
    );
  }
  const endpoint =
    read(env, 'OPENLINEAGE__TRANSPORT__ENDPOINT') ?? read(env, 'OPENLINEAGE_ENDPOINT') ?? DEFAULT_ENDPOINT;
  return new URL(endpoint.replace(/^\//, ''), base.endsWith('/') ? base : `${base}/`).href;
}

/** `{"type":"api_key","apiKey":"…"}`, or the plain variable. */
function readApiKey(env: NodeJS.ProcessEnv): string | undefined {
  const name = 'OPENLINEAGE__TRANSPORT__AUTH';
  const text = read(env, name);
  if (text === undefined) return read(env, 'OPENLINEAGE_API_KEY');
  try {
    const auth = JSON.parse(text) as { readonly type?: unknown; readonly apiKey?: unknown } | null;
    if (auth?.type === 'api_key' && typeof auth.apiKey === 'string') return auth.apiKey;
  } catch {
    // said below, without the text: it is a secret
  }
  throw invalid(name, 'is not what it should be', 'Write {"type":"api_key","apiKey":"…"}.');
}

function invalid(name: string, problem: string, fix: string): AirtempoError {
  return new AirtempoError('INVALID_ARGUMENT', `${name} ${problem}. ${fix}`);
}
