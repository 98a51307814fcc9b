/** `npm run check`: format, lint with the walls, types, unused code and file sizes, all at once, with one line for each. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { modernNode, root, toolEnvironment } from './prepare.mjs'
import { lintConfig, writtenConfig } from './walls.mjs'

const warnAtLines = 400
const failAtLines = 600

const started = performance.now()
const results = await Promise.all([
  tool('format', 'oxfmt', ['--check']),
  tool('lint and walls', 'oxlint', ['--quiet']),
  tool('types', 'tsc', ['--noEmit', '-p', 'tsconfig.json']),
  tool('types of the studio', 'tsc', ['--noEmit', '-p', 'studio/tsconfig.json']),
  tool('unused code', 'knip', ['--no-progress']),
  tool('support table', modernNode(), ['scripts/support-table.ts', '--check']),
  Promise.resolve(wallsWritten()),
  Promise.resolve(fileSizes()),
])
for (const { name, ok, output } of results) {
  if (output) console.log(output)
  console.log(`${ok ? 'ok  ' : 'FAIL'}  ${name}`)
}
console.log(
  `check: ${results.every(({ ok }) => ok) ? 'all in order' : 'not in order'}, ${((performance.now() - started) / 1000).toFixed(1)} s`,
)
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1

function tool(name, command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...toolEnvironment(), NO_COLOR: '1' },
      shell: process.platform === 'win32',
    })
    const chunks = []
    child.stdout.on('data', (chunk) => chunks.push(chunk))
    child.stderr.on('data', (chunk) => chunks.push(chunk))
    child.on('error', (cause) =>
      resolve({ name, ok: false, output: `${command} could not be started: ${cause.message}` }),
    )
    child.on('close', (code) =>
      resolve({ name, ok: code === 0, output: code === 0 ? '' : Buffer.concat(chunks).toString().trim() }),
    )
  })
}

function wallsWritten() {
  const ok = JSON.stringify(lintConfig()) === JSON.stringify(writtenConfig())
  return {
    name: 'walls written',
    ok,
    output: ok ? '' : '.oxlintrc.json is not what scripts/walls.mjs says. Run `node scripts/walls.mjs`.',
  }
}

/** Long files tell more than one story. Tests and data tables under test/ are not counted. */
function fileSizes() {
  const listed = spawnSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', 'src', 'bench', 'scripts', 'examples', 'studio'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  )
  const files = listed.stdout
    .split('\n')
    .filter((file) => /\.(ts|mjs|js|tsx)$/.test(file) && !file.endsWith('.test.ts'))
  const long = files.flatMap((file) => lengthNote(file))
  return { name: 'file sizes', ok: !long.some((note) => note.includes('fail')), output: long.join('\n') }
}

function lengthNote(file) {
  const lines = readFileSync(join(root, file), 'utf8').split('\n').length - 1
  if (lines <= warnAtLines) return []
  return [
    lines > failAtLines
      ? `${file}: ${lines} lines, fail: at most ${failAtLines}. Split it.`
      : `${file}: ${lines} lines, warning: aim below ${warnAtLines}.`,
  ]
}
