/** The programs of README and docs compile as they stand against the sources that the package is made of. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compileErrors } from '../support/compile-programs.ts'

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
  const named = new Map(programs.map((program, index) => [`program-${index + 1}`, program]))
  expect(await compileErrors(named, atHand)).toBe('')
})
