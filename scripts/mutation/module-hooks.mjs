// Module hooks for the process that tests mutants: TypeScript is compiled as Jest does it, and a query `?load=2` is
// handed on from a test to whatever it imports from the checkout, so that all of it can be loaded afresh.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transform } from '@swc/core';

const compiled = new Map();
let globals;

export function initialize(data) {
  globals = data.globals;
}

export async function resolve(specifier, context, next) {
  if (specifier === '@jest/globals') return { url: globals, shortCircuit: true };
  const parent = context.parentURL === undefined ? undefined : new URL(context.parentURL);
  if (parent?.searchParams.has('load') !== true || !specifier.startsWith('.'))
    return next(specifier, context);
  const url = new URL(specifier, parent);
  const source = fileURLToPath(url).replace(/\.js$/, '.ts');
  return {
    url: `${existsSync(source) ? pathToFileURL(source).href : url.href}${parent.search}`,
    shortCircuit: true,
  };
}

export async function load(address, context, next) {
  const file = address.startsWith('file:') ? fileURLToPath(address) : '';
  if (!file.endsWith('.ts')) return next(address, context);
  const source = compiled.get(file) ?? (await compile(file));
  compiled.set(file, source);
  return { format: 'module', source, shortCircuit: true };
}

async function compile(file) {
  const { code } = await transform(await readFile(file, 'utf8'), {
    filename: file,
    configFile: false,
    swcrc: false,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'es6' },
  });
  return code;
}
