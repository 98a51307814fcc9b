import { defineConfig } from 'vitest/config'

/** Conditions are waited for long enough for a machine that others use too. */
const shared = { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 30_000 } } }
/** Other programs take part, on machines that others use too: a second try, which the report shows beside the test. */
const withPrograms = { ...shared, testTimeout: 600_000, retry: 1 }

export default defineConfig({
  test: {
    projects: [
      { test: { ...shared, name: 'unit', include: ['{src,studio/src}/**/*.test.ts', 'scripts/**/*.test.ts'] } },
      { test: { ...shared, name: 'published', include: ['test/published/**/*.test.ts'] } },
      { test: { ...shared, name: 'conformance', include: ['test/conformance/**/*.test.ts'] } },
      { test: { ...shared, name: 'golden', include: ['test/golden-suite/**/*.test.ts'] } },
      { test: { ...shared, name: 'constrain', include: ['test/constrain-suite/**/*.test.ts'] } },
      { test: { ...shared, name: 'clients', include: ['test/clients/**/*.test.ts'] } },
      { test: { ...shared, name: 'hostile', include: ['test/hostile/**/*.test.ts'], testTimeout: 600_000 } },
      { test: { ...withPrograms, name: 'end-to-end', include: ['test/end-to-end/**/*.test.ts'] } },
      { test: { ...withPrograms, name: 'browser', include: ['test/browser/**/*.test.ts'] } },
    ],
  },
})
