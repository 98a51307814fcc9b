/** The documents tell of the house as it stands: links lead somewhere, and what they say to type exists. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commands } from '../../src/cli/commands.ts'

const root = join(import.meta.dirname, '..', '..')
const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`)
const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...pages].map((name) => ({
  name,
  text: readFileSync(join(root, name), 'utf8'),
}))
/** Decisions and experiments tell of their day. */
const current = documents.filter(({ name }) => !/decisions|experiments/.test(name))
const scripts = ['package.json', 'studio/package.json'].flatMap((file) => {
  return Object.keys((JSON.parse(readFileSync(join(root, file), 'utf8')) as { scripts: object }).scripts)
})

describe('documents', () => {
  test.for(documents)('$name: links lead to files and headings', ({ name, text }) => {
    const prose = text.replaceAll(/```[^]*?```/g, '')
    const broken = [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target)
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => !leadsSomewhere(join(root, name), target))
    expect(broken).toEqual([])
  })

  test.for(documents)('$name: npm scripts, benches and proofs exist', ({ text }) => {
    const unknown = [...text.matchAll(/npm (?:run )?([\w:-]+)(?: -- ([\w -]+))?/g)].flatMap(
      ([line, script, rest = '']) => {
        const names = rest.split(' ').filter((word) => /^[a-z]/.test(word))
        if (script === 'bench') return names.filter((name) => !benches().includes(name))
        if (script === 'proof') return names.filter((name) => !proofs().includes(name))
        return [...scripts, 'ci', 'install', 'rebuild'].includes(script) || !line.includes('run') ? [] : [script]
      },
    )
    expect(unknown).toEqual([])
  })

  test.for(documents)('$name: commands of ostro exist', ({ text }) => {
    const said = [...text.matchAll(/(?:^\$ |`|&& |\| |npx )ostro ([a-z][\w-]*)/gm)].map(([, name]) => name)
    expect(said.filter((name) => !Object.hasOwn(commands, name))).toEqual([])
  })

  test('every command has its row', () => {
    const page = documents.find(({ name }) => name === 'docs/command-line.md')
    const rows = page?.text.split('\n').filter((line) => line.startsWith('| `')) ?? []
    expect(Object.keys(commands).filter((name) => !rows.some((row) => row.includes(`\`${name} `)))).toEqual([])
  })

  test.for(current)('$name: files that it names exist', ({ text }) => {
    const named = [...text.matchAll(/`((?:src|test|bench|scripts|examples|docs|studio)\/[\w./-]+\.(?:ts|mjs|md|js))`/g)]
    expect(named.map(([, file]) => file).filter((file) => !existsSync(join(root, file)))).toEqual([])
  })
})

describe('the house', () => {
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)

  test('every folder has its place in ARCHITECTURE.md', () => {
    const rows = documents.find(({ name }) => name === 'ARCHITECTURE.md')?.text.match(/^\|.*\|$/gm) ?? []
    const told = new Set(
      rows
        .join(' ')
        .replaceAll('src/', '')
        .match(/[\w-]+/g),
    )
    expect(folders.filter((folder) => !told.has(folder))).toEqual([])
  })
})

const benches = namesOf('bench/main.ts')
const proofs = namesOf('test/proofs/main.ts')

/** What a program of several says that there is, asked once. */
function namesOf(program: string): () => string[] {
  let names: string[] | undefined
  return () => {
    const asked = names
      ? ''
      : spawnSync(process.execPath, [program, 'no-such-name'], { cwd: root, encoding: 'utf8' }).stderr
    names ??= /There are ([\w, -]+)/.exec(asked)?.[1].split(', ') ?? []
    return names
  }
}

function leadsSomewhere(from: string, target: string): boolean {
  const [path, heading] = target.split('#')
  const file = path === '' ? from : join(dirname(from), path)
  if (!existsSync(file)) return false
  return heading === undefined || headingsOf(file).includes(heading)
}

/** Anchors as code hosts make them. */
function headingsOf(file: string): string[] {
  const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title]) => title)
  return headings.map((title) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  )
}
