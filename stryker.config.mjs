/** `npm run mutation`: changes core/ in thousands of small ways, and tells which of them no test of core/ notices. */
export default {
  mutate: ['core/**/*.ts'],
  plugins: ['./scripts/mutation/test-runner.mjs'],
  testRunner: 'loaded',
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  concurrency: 1,
  // generous, so that a busy machine is not taken for a mutant that never ends
  timeoutMS: 60_000,
  timeoutFactor: 5,
  maxTestRunnerReuse: 100,
  tsconfigFile: 'none', // read with the API of an older TypeScript, and not needed: types are not checked
  ignorePatterns: ['/dist', '/coverage', '/.airtempo', '/docs', '/bench', '/deploy', '/template', '/spark'],
  tempDirName: '.airtempo/mutation/sandbox',
  incrementalFile: '.airtempo/mutation/incremental.json',
  reporters: ['clear-text', 'progress-append-only', 'json', 'html'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: '.airtempo/mutation/report.json' },
  htmlReporter: { fileName: '.airtempo/mutation/report.html' },
  thresholds: { high: 95, low: 90, break: 85 },
};
