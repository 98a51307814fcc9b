/** The programs of README and docs compile as they stand against the sources that the package is made of. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/temporary.ts'

const root = join(import.meta.dirname, '..', '..')

/** What a reader has at hand where a program begins in the middle. */
const atHand = `
import type { ChatMessage, Model, ToolCallEvent } from 'ostro'
declare global {
  const model: Model
  const encoder: Model
  const messages: ChatMessage[]
  const [letter, article, report, text]: string[]
  function fetchWeather(city: string): Promise<{ degrees: number }>
  function ask(call: ToolCallEvent): Promise<boolean>
}
`

const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))

test('every program of README and docs compiles', async () => {
  const documents = ['README.md', ...pages.map((name) => join('docs', name))]
  const programs = documents.flatMap((name) =>
    [...readFileSync(join(root, name), 'utf8').matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code]) => code),
  )
  expect(programs.length).toBeGreaterThanOrEqual(7)
  await using folder = await temporaryFolder()
  await mkdir(join(folder.path, 'src'))
  await symlink(join(root, 'node_modules'), join(folder.path, 'node_modules'))
  await writeFile(join(folder.path, 'src', 'at-hand.ts'), atHand)
  for (const [index, program] of programs.entries()) {
    await writeFile(join(folder.path, 'src', `program-${index + 1}.ts`), `${program}\nexport {}\n`)
  }
  await writeFile(join(folder.path, 'tsconfig.json'), JSON.stringify(settings))
  const { stdout, status } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder.path], { encoding: 'utf8' })
  expect(stdout).toBe('')
  expect(status).toBe(0)
})

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, { types: string }>
}
const sources = Object.entries(exports).map(([name, { types }]) => [
  name.replace('.', 'ostro'),
  [join(root, types.replace('./dist/', 'src/').replace(/\.d\.ts$/, '.ts'))],
])

const settings = {
  compilerOptions: {
    target: 'es2024',
    lib: ['es2024', 'esnext', 'dom', 'dom.iterable'],
    module: 'esnext',
    moduleResolution: 'bundler',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    paths: { ...Object.fromEntries(sources), openai: ['./node_modules/openai7'] },
  },
  include: ['src'],
}
