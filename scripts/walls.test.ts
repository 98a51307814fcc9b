/** The walls bite: a fixture with each forbidden thing is linted with the repository's own configuration. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const house = mkdtempSync(join(tmpdir(), 'ostro-walls-'))

beforeAll(() => copyFileSync(join(root, '.oxlintrc.json'), join(house, '.oxlintrc.json')))
afterAll(() => rmSync(house, { recursive: true }))

/** Lints one file as if it lay at `path` of the repository; answers what the linter prints. */
function lint(path: string, code: string): string {
  const file = join(house, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, code)
  const done = spawnSync(join(root, 'node_modules/.bin/oxlint'), [path], { cwd: house, encoding: 'utf8' })
  rmSync(file)
  return done.stdout
}

describe('a line that breaks a wall is refused, with the name of the wall', () => {
  test.each([
    [
      'upwards',
      'src/quant/a.ts',
      "export * from '../engine/load.ts'",
      'The wall of quant (1): it may import only from util',
    ],
    [
      'upwards from a subfolder',
      'src/devices/wasm/a.ts',
      "export * from '../../models/llama.ts'",
      'The wall of devices (3)',
    ],
    ['sideways', 'src/tensor/a.ts', "export * from '../formats/gguf/read.ts'", 'The wall of tensor (2)'],
    // D2: no agent sees the graders.
    ['to the bench', 'src/agents/a.ts', "export * from '../../bench/grader.ts'", 'does not see its judge'],
    ['to the bench from a subfolder', 'src/agents/lats/a.ts', "export * from '../../../test/hidden.ts'", 'its judge'],
    ['types count too', 'src/util/a.ts', "export type { A } from '../quant/a.ts'", 'The wall of util (0)'],
    ['node in the core', 'src/engine/a.ts', "export * from 'node:fs'", 'no-nodejs-modules'],
    ['chance in the core', 'src/generate/a.ts', 'export const a = Math.random()', 'No chance and no clock'],
    ['clock in the core', 'src/engine/a.ts', 'export const a = Date.now()', 'No chance and no clock'],
    ['any', 'src/util/a.ts', 'export const a = (b: any) => b', 'no-explicit-any'],
    ['default export', 'src/util/a.ts', 'export default 1', 'no-default-export'],
  ])('%s', (_name, path, code, message) => {
    expect(lint(path, `${code}\n`)).toContain(message)
  })
})

describe('a line within the walls passes', () => {
  test.each([
    ['downwards', 'src/models/a.ts', "export * from '../../tensor/graph.ts'"],
    ['within the folder', 'src/devices/wasm/a.ts', "export * from '../reference/device.ts'"],
    ['node in an adapter', 'src/engine/a.node.ts', "export * from 'node:fs'"],
    ['node in the hub', 'src/hub/a.ts', "export * from 'node:fs'"],
    ['clock in the command line', 'src/cli/a.ts', 'export const a = Date.now()'],
    ['tests', 'src/quant/a.test.ts', "export * from '../engine/load.ts'\nexport * from 'node:fs'"],
  ])('%s', (_name, path, code) => {
    expect(lint(path, `${code}\n`)).toContain('Found 0 warnings and 0 errors')
  })
})
