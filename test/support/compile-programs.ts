/** Compiles programs that documents show against the sources that the package is made of. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from './temporary.ts'

const root = join(import.meta.dirname, '..', '..')

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, { types: string }>
}

/** The source of each entry of the package, by what a program imports: `ostro/agents`. */
export const entrySources: ReadonlyMap<string, string> = new Map(
  Object.entries(exports).map(([name, { types }]) => [
    name.replace('.', 'ostro'),
    join(root, types.replace('./dist/', 'src/').replace(/\.d\.ts$/, '.ts')),
  ]),
)

/** What the compiler has against programs, by file name; empty where they are in order. `atHand` is a module that declares globals. */
export async function compileErrors(programs: ReadonlyMap<string, string>, atHand: string): Promise<string> {
  await using folder = await temporaryFolder()
  await mkdir(join(folder.path, 'src'))
  await symlink(join(root, 'node_modules'), join(folder.path, 'node_modules'))
  await writeFile(join(folder.path, 'src', 'at-hand.ts'), atHand)
  for (const [name, program] of programs) {
    await writeFile(join(folder.path, 'src', `${name}.ts`), `${program}\nexport {}\n`)
  }
  await writeFile(join(folder.path, 'tsconfig.json'), JSON.stringify(settings))
  const { stdout, status } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder.path], { encoding: 'utf8' })
  return status === 0 ? '' : stdout || `tsc ended with ${status}`
}

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
    paths: {
      ...Object.fromEntries([...entrySources].map(([name, file]) => [name, [file]])),
      openai: ['./node_modules/openai7'],
    },
  },
  include: ['src'],
}
