/** Jest runs the TypeScript sources as ES modules; real services are started by the suites that need them. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testTimeout: 180_000,
  maxWorkers: 2,
  // modules of ES stay in memory after their suite: a worker grew to 4 GB, where it did little but collect garbage
  workerIdleMemoryLimit: '800MB',
  // `npm run coverage`: core/ decides and does nothing, so a branch that no test takes is a decision that nobody knows
  coverageProvider: 'v8',
  collectCoverageFrom: ['core/**/*.ts'],
  coverageReporters: [['text', { skipFull: true }]],
  coverageThreshold: { global: { branches: 100, lines: 100 } },
  testSequencer: '<rootDir>/test/support/sequencer.mjs',
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};
