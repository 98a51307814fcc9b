/** What the package exports loads in a page: no entry imports a module of Node before something asks for it. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, { types: string; default: string }>
}
/** Downloads to a disk: for Node only. */
const nodeOnly = new Set(['./hub'])
const entries = Object.entries(exports).map(([name, { types }]) => ({
  name,
  file: join(root, types.replace('./dist/', 'src/').replace(/\.d\.ts$/, '.ts')),
}))

describe('entries of the package', () => {
  test.for(entries)('$name has a source, and types beside its code', ({ name, file }) => {
    expect(existsSync(file)).toBe(true)
    const { types, default: code } = exports[name]
    expect(code).toBe(types.replace(/\.d\.ts$/, '.js'))
  })

  test.for(entries.filter(({ name }) => !nodeOnly.has(name)))('$name loads without Node', ({ file }) => {
    expect(nodeImports(file)).toEqual([])
  })

  test('the walk sees what the entry for Node imports', () => {
    expect(nodeImports(join(root, 'src/hub/index.ts')).some((line) => line.includes('node:fs'))).toBe(true)
  })
})

/** `importer: module` for each module of Node that is imported, however deep, when the file is. */
function nodeImports(entry: string): string[] {
  const seen = new Set<string>()
  const found: string[] = []
  const visit = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    for (const specifier of importsOf(readFileSync(file, 'utf8'))) {
      if (specifier.startsWith('.')) visit(join(dirname(file), specifier))
      else if (specifier.startsWith('node:')) found.push(`${file}: ${specifier}`)
    }
  }
  visit(entry)
  return found
}

/** Static imports and re-exports that are left when the types are gone. */
function importsOf(source: string): string[] {
  const statements = source.matchAll(/^(?:import|export)\s+(?!type\b)(?:[\w*\s{},]+?\s+from\s+)?'([^']+)'/gm)
  return [...statements].map(([, specifier]) => specifier)
}
