/**
 * Writes docs/licences.md: the licence of each package that comes with an installation, from package-lock.json.
 * `node scripts/list-licences.mjs` after dependencies have changed; a test compares.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Packages whose package.json names no licence: what their LICENSE file, or that of the package they are a part of, says. */
const UNNAMED = [
  [/^@swc\/core-/, 'Apache-2.0 AND MIT'],
  [/^unionfs$/, 'Unlicense'],
];

const place = (file) => fileURLToPath(new URL(`../${file}`, import.meta.url));

/** Names of packages by licence. */
export function readLicences() {
  const { packages } = JSON.parse(readFileSync(place('package-lock.json'), 'utf8'));
  const byLicence = new Map();
  for (const [path, { dev, license }] of Object.entries(packages)) {
    if (path === '' || dev === true) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const licence = license ?? UNNAMED.find(([pattern]) => pattern.test(name))?.[1] ?? 'unknown';
    byLicence.set(licence, (byLicence.get(licence) ?? new Set()).add(name));
  }
  return byLicence;
}

/** docs/licences.md as it should be. */
export function formatLicences(byLicence) {
  const sections = [...byLicence]
    .sort(([a, one], [b, other]) => other.size - one.size || (a < b ? -1 : 1))
    .map(([licence, names]) => `## ${licence} (${names.size})\n\n${listNames(names)}\n`);
  return `# Licences of dependencies

airtempo itself is under Apache-2.0. An installation brings these packages, each once here whatever its versions; those for other platforms are among them.

${sections.join('\n')}`;
}

const listNames = (names) => [...names].sort((a, b) => (a < b ? -1 : 1)).join(', ');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(place('docs/licences.md'), formatLicences(readLicences()));
}
