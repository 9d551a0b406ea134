// Adds to package-lock.json the optional packages of other platforms that `npm install` left out: npm forgets
// those that its registry or mirror does not serve, and then `npm ci` refuses the lock file everywhere.
// Run it after every change of the dependencies: node scripts/complete-lock.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const FILE = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'package-lock.json');
const SYSTEMS = [
  'darwin',
  'linux',
  'win32',
  'freebsd',
  'netbsd',
  'openbsd',
  'sunos',
  'aix',
  'android',
  'openharmony',
];
const PROCESSORS = ['arm64', 'x64', 'ia32', 'arm', 'ppc64', 's390x', 'riscv64', 'loong64', 'mips64el'];

/** Optional packages that the lock file names as a dependency and has no entry for. */
function findMissing(packages) {
  return Object.entries(packages).flatMap(([place, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !isInstalled(packages, place, name))
      .map(([name, version]) => ({ name, version, dev: entry.dev === true })),
  );
}

/** Node's lookup: beside the package, then in every folder above it. */
function isInstalled(packages, place, name) {
  for (let folder = place; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (packages[`${folder}${folder === '' ? '' : '/'}node_modules/${name}`] !== undefined) return true;
    if (folder === '') return false;
  }
}

/** These packages have their platform in their name, and an exact version in their parent. */
function describe({ name, version, dev }) {
  const words = name.split('/').at(-1).split('-');
  const system = SYSTEMS.find((word) => words.includes(word));
  const processor = PROCESSORS.find((word) => words.includes(word));
  if (system === undefined || processor === undefined || !/^\d+\.\d+\.\d+/.test(version)) {
    throw new Error(
      `${name}@${version} is missing from package-lock.json and tells no platform: add it by hand.`,
    );
  }
  const libc = words.some((word) => word.startsWith('musl')) ? 'musl' : 'glibc';
  return {
    version,
    ...(dev ? { dev } : {}),
    optional: true,
    os: [system],
    cpu: [processor],
    ...(system === 'linux' && /-(gnu|musl)/.test(name) ? { libc: [libc] } : {}),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lock = JSON.parse(readFileSync(FILE, 'utf8'));
  const missing = findMissing(lock.packages);
  for (const each of missing) lock.packages[`node_modules/${each.name}`] = describe(each);
  const sorted = Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(FILE, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, undefined, 2)}\n`);
  process.stdout.write(`${String(missing.length)} packages added\n`);
}
