/**
 * The walls of the house: a folder of `src/` imports only from folders of a lower rank. This table is their one source;
 * `node scripts/walls.mjs` writes `.oxlintrc.json` from it, and `npm run check` fails when the two differ.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Folder of `src/` -> rank (docs: the house). */
export const ranks = {
  util: 0,
  quant: 1,
  tensor: 2,
  formats: 2,
  tokenizer: 2,
  chat: 2,
  hub: 3,
  devices: 3,
  constrain: 3,
  models: 4,
  explain: 5,
  generate: 5,
  tools: 5,
  engine: 6,
  remote: 6,
  testing: 6,
  retrieval: 7,
  tasks: 8,
  agents: 8,
  train: 8,
  flows: 9,
  evals: 9,
  server: 10,
  'ai-sdk': 11,
  cli: 11,
}

/** Folders that may use `node:` modules everywhere; elsewhere only files named `*.node.ts`. */
const nodeFolders = ['hub', 'cli']
/** Folders whose work is of the moment (requests, terminals, transfers); everywhere else time and chance are arguments. */
const clockFolders = ['hub', 'server', 'cli']

const frame = ['api', 'ui', 'app']
const runFrame = [...frame, 'runs']
/** Folder of `studio/src/` -> folders that it may import from: a tab stands on the frame and knows no other tab. */
const studioWalls = {
  api: [],
  ui: [],
  app: ['api', 'ui'],
  chat: frame,
  complete: frame,
  runs: frame,
  tasks: runFrame,
  agents: runFrame,
}
/** Names the tabs, and so may see them. */
const studioDoor = 'studio/src/app/tabs.ts'

const configFile = fileURLToPath(new URL('../.oxlintrc.json', import.meta.url))

/** The whole lint configuration as an object. */
export function lintConfig() {
  return {
    $schema: './node_modules/oxlint/configuration_schema.json',
    plugins: ['eslint', 'typescript', 'unicorn', 'oxc', 'import'],
    categories: { correctness: 'error' },
    ignorePatterns: ['dist', 'node_modules', 'coverage', 'test/golden/**'],
    rules: {
      eqeqeq: 'error',
      'no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      'no-var': 'error',
      'prefer-const': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-throw-literal': 'error',
      'no-eval': 'error',
      'no-new-func': 'error',
      'import/no-cycle': 'error',
      'import/no-self-import': 'error',
      'import/no-default-export': 'error',
      'typescript/no-explicit-any': 'error',
      'typescript/no-non-null-assertion': 'warn',
      'unicorn/prefer-node-protocol': 'error',
      'unicorn/no-new-array': 'off',
      'unicorn/no-thenable': 'off',
    },
    overrides: [
      {
        files: ['src/**/*.ts'],
        rules: {
          'import/no-nodejs-modules': 'error',
          'no-restricted-properties': ['error', ...clockRestrictions()],
        },
      },
      ...Object.keys(ranks).map(wallOf),
      ...studioOverrides(),
      {
        files: ['src/**/*.node.ts', ...nodeFolders.map((folder) => `src/${folder}/**/*.ts`)],
        rules: { 'import/no-nodejs-modules': 'off' },
      },
      { files: ['src/server/node.ts', 'src/flows/stores/**/*.ts'], rules: { 'import/no-nodejs-modules': 'off' } },
      { files: clockFolders.map((folder) => `src/${folder}/**/*.ts`), rules: { 'no-restricted-properties': 'off' } },
      {
        files: ['**/*.test.ts', 'test/**', 'bench/**', 'scripts/**', 'examples/**'],
        rules: {
          'import/no-nodejs-modules': 'off',
          'no-restricted-imports': 'off',
          'no-restricted-properties': 'off',
          'typescript/no-non-null-assertion': 'off',
        },
      },
      { files: ['*.config.ts', '**/vite.config.ts'], rules: { 'import/no-default-export': 'off' } },
    ],
  }
}

/** Nothing that is published sees what judges it: graders and hidden tests lie there (arXiv 2310.04406 ran them inside its search). */
const outside = {
  regex: '^(\\.\\./)+(bench|examples|scripts|test)/',
  message: 'src/ imports nothing from bench/, examples/, scripts/ or test/: what is judged does not see its judge.',
}

/** Code that arrives as text runs in the sandbox alone (CVE-2025-68613, CVE-2026-1470 of others). */
const virtualMachines = { regex: '^(node:)?vm$', message: 'No code from texts: src/tools/sandbox runs it.' }

function wallOf(folder) {
  const forbidden = Object.keys(ranks).filter((other) => other !== folder && ranks[other] >= ranks[folder])
  const message = `The wall of ${folder} (${ranks[folder]}): it may import only from ${allowedNames(folder)}.`
  const patterns = [{ regex: `^(\\.\\./)+(${forbidden.join('|')})/`, message }, outside, virtualMachines]
  return { files: [`src/${folder}/**/*.ts`], rules: { 'no-restricted-imports': ['error', { patterns }] } }
}

function studioOverrides() {
  const walls = Object.entries(studioWalls).map(([folder, allowed]) => {
    const forbidden = Object.keys(studioWalls).filter((other) => other !== folder && !allowed.includes(other))
    const message = `The wall of the studio's ${folder}: it may import only from ${allowed.join(', ') || 'itself'}.`
    const patterns = [{ regex: `^(\\.\\./)+(${forbidden.join('|')})/`, message }]
    return { files: [`studio/src/${folder}/**`], rules: { 'no-restricted-imports': ['error', { patterns }] } }
  })
  return [
    { files: ['studio/src/**'], rules: { 'import/no-nodejs-modules': 'error' } },
    ...walls,
    { files: [studioDoor], rules: { 'no-restricted-imports': 'off' } },
  ]
}

function allowedNames(folder) {
  const lower = Object.keys(ranks).filter((other) => ranks[other] < ranks[folder])
  return lower.length ? lower.join(', ') : 'itself'
}

function clockRestrictions() {
  const message = 'No chance and no clock in the core: take a seed or a time as an argument.'
  return [
    { object: 'Math', property: 'random', message },
    { object: 'Date', property: 'now', message },
  ]
}

export function writtenConfig() {
  return JSON.parse(readFileSync(configFile, 'utf8'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(configFile, `${JSON.stringify(lintConfig(), undefined, 2)}\n`)
}
