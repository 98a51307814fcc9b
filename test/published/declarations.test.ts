/** The declarations of the package are read by programs of every kind, without `skipLibCheck`. */
import { spawnSync } from 'node:child_process'
import { copyFile, mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { entrySources } from '../support/compile-programs.ts'
import { temporaryFolder } from '../support/temporary.ts'

const root = join(import.meta.dirname, '..', '..')

/** A server's program has Node's types, a page's those of the page. */
const programs = [
  { types: ['node'], lib: ['es2023'], module: 'node16', moduleResolution: 'node16', file: 'all.ts' },
  { types: ['node'], lib: ['es2023'], module: 'nodenext', moduleResolution: 'nodenext', file: 'all.cts' },
  { types: [], lib: ['es2023', 'dom'], module: 'esnext', moduleResolution: 'bundler', file: 'all.ts' },
] as const

test('every entry compiles in programs for Node, for CommonJS and for a page', async () => {
  await using folder = await temporaryFolder()
  const installed = join(folder.path, 'node_modules', 'ostro')
  await mkdir(installed, { recursive: true })
  // What the package depends on is found beside the place that it is in.
  await symlink(join(root, 'node_modules'), join(installed, 'node_modules'))
  await symlink(join(root, 'node_modules', '@types'), join(folder.path, 'node_modules', '@types'))
  await copyFile(join(root, 'package.json'), join(installed, 'package.json'))
  const emitted = compile([
    '-p',
    join(root, 'tsconfig.build.json'),
    '--emitDeclarationOnly',
    '--outDir',
    join(folder.path, 'dist'),
  ])
  expect(emitted).toBe('')
  await rename(join(folder.path, 'dist'), join(installed, 'dist'))

  const entries = [...entrySources.keys()]
  await writeFile(join(folder.path, 'package.json'), '{ "type": "module" }')
  await writeFile(
    join(folder.path, 'all.ts'),
    entries.map((name, index) => `export * as e${index} from '${name}'\n`).join(''),
  )
  await writeFile(
    join(folder.path, 'all.cts'),
    entries.map((name, index) => `export import e${index} = require('${name}')\n`).join(''),
  )
  for (const { file, ...settings } of programs) {
    const compilerOptions = { ...settings, target: 'es2022', strict: true, skipLibCheck: false, noEmit: true }
    await writeFile(join(folder.path, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }))
    expect(ours(compile(['-p', folder.path])), JSON.stringify(settings)).toEqual([])
  }
})

function compile(options: readonly string[]): string {
  return spawnSync(join(root, 'node_modules/.bin/tsc'), options, { encoding: 'utf8' }).stdout
}

/** Errors in other packages' declarations are theirs. */
function ours(told: string): string[] {
  return told.split('\n').filter((line) => /ostro\/dist|^all/.test(line))
}
