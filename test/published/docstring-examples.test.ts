/** The `@example`s of docstrings compile, with what the package exports and their own module in scope. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compileErrors, entrySources } from '../support/compile-programs.ts'

const source = join(import.meta.dirname, '..', '..', 'src')

/** What examples take for granted. */
const atHand = `
import type { ChatMessage, Model, Tool } from 'ostro'
import type { Evaluator, Verifier } from 'ostro/agents'
import type { Passage } from 'ostro/retrieval'
declare global {
  const model: Model
  const strong: Model
  const encoder: Model
  const messages: ChatMessage[]
  const [letter, report, review, text, path]: string[]
  const reviews: string[]
  const documents: Passage[]
  const bytes: Uint8Array<ArrayBuffer>
  const verifier: Verifier<string>
  const evaluator: Evaluator<string>
  const [weather, getWeather]: Tool[]
  const models: import('${source}/server/served-model.ts').ModelPool
  const file: Awaited<ReturnType<typeof import('${source}/formats/gguf/read-gguf.ts').readGguf>>
  const tensors: Parameters<typeof import('${source}/formats/gguf/write-gguf.ts').writeGguf>[0]['tensors']
  function fetchWeather(city: string): Promise<{ degrees: number }>
}
`

/** Of other packages. */
const libraries: ReadonlyMap<string, string> = new Map([
  ['z', 'zod'],
  ['generateText', 'ai'],
  ['readFile', 'node:fs/promises'],
  ['writeFile', 'node:fs/promises'],
])

interface Example {
  readonly file: string
  readonly code: string
}

test('every example of a docstring compiles', async () => {
  const examples = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap((file) => examplesIn(join(source, file)))
  expect(examples.length).toBeGreaterThanOrEqual(30)
  const exported = await exportsOfEntries()
  const programs = new Map(examples.map((example, index) => [nameOf(example, index), withImports(example, exported)]))
  expect(await compileErrors(programs, atHand)).toBe('')
})

function examplesIn(file: string): Example[] {
  const comments = readFileSync(file, 'utf8').matchAll(/\/\*\*([^]*?)\*\//g)
  return [...comments].flatMap(([, comment]) => {
    const [, ...examples] = comment.replaceAll(/^ *\* ?/gm, '').split('@example')
    return examples.map((text) => ({ file, code: text.split(/^@/m)[0] }))
  })
}

/** Which entry exports a name; the first one counts. */
async function exportsOfEntries(): Promise<ReadonlyMap<string, string>> {
  const found = new Map(libraries)
  for (const [entry, file] of entrySources) {
    for (const name of Object.keys((await import(file)) as object)) if (!found.has(name)) found.set(name, entry)
  }
  return found
}

/** With imports of what the example uses and neither declares nor imports. */
function withImports({ file, code }: Example, exported: ReadonlyMap<string, string>): string {
  const own = namesOf(readFileSync(file, 'utf8'), /^export (?:async )?(?:function\*?|const|class) (\w+)/gm)
  const told = new Set([
    ...namesOf(code, /(?:const|function) (\w+)/g),
    // `{ a, b: c }` declares a and c.
    ...[...code.matchAll(/(?:const|import) \{(.*?)\}/g)].flatMap(
      ([, names]) => names.match(/\w+(?=\s*(?:,|$))/g) ?? [],
    ),
  ])
  const used = new Set(code.replaceAll(/'[^'\n]*'/g, '').match(/(?<![.\w])[a-zA-Z]\w*/g))
  const imports = [...used].flatMap((name) => {
    const from = own.has(name) ? file : exported.get(name)
    return from === undefined || told.has(name) ? [] : [`import { ${name} } from '${from}'`]
  })
  return [...imports, code].join('\n')
}

function namesOf(text: string, pattern: RegExp): Set<string> {
  return new Set([...text.matchAll(pattern)].map(([, name]) => name))
}

function nameOf({ file }: Example, index: number): string {
  return `${index}-${file.slice(source.length + 1).replaceAll(/[/.]/g, '-')}`
}
