/**
 * The support table of the README: which architecture runs from which files on which device, how far it is from which oracle. It follows
 * from the registry, the golden cases and the last run of their tests.
 *
 * `npm run support-table` writes it, with `-- --run` it runs the golden tests first and keeps what they measured in
 * `test/golden/last-run.json` (with `-- --run CASE...` those of these cases only), with `-- --check` it only says whether the README
 * has it as it should be.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Architecture } from '../src/models/architecture.ts'
import { fieldsOfObject } from '../src/models/config-fields.ts'
import { architectureOfHf } from '../src/models/open-model.ts'
import { architectures } from '../src/models/registry.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const tools = join(root, 'node_modules', '.bin')
const goldenFolder = join(root, 'test', 'golden')
const runFile = join(goldenFolder, 'last-run.json')
const readmeFile = join(root, 'README.md')
const markers = [
  '<!-- support table: written by scripts/support-table.ts -->',
  '<!-- end of the support table -->',
] as const

const deviceNames = ['reference', 'wasm'] as const
type DeviceName = (typeof deviceNames)[number]

interface GoldenCase {
  readonly folder: string
  readonly architecture: Architecture
  readonly oracle: string
  /** Other implementations that gave the same. */
  readonly confirmedBy: readonly string[]
  /** Greatest difference of the logits, or of the hidden states where there are none, that its tests allow. */
  readonly tolerance: number
}

/** By case: what the tests ran it from, and the greatest difference on each device. */
type Run = Readonly<Record<string, CaseRun>>
interface CaseRun {
  readonly files: readonly string[]
  readonly differences: Readonly<Partial<Record<DeviceName, number>>>
}

const formats = { GGUF: 'model.gguf', safetensors: 'model.safetensors' } as const

function main([flag, ...names]: readonly string[]): void {
  const last: Run = existsSync(runFile) ? readJson(runFile) : {}
  const run = flag === '--run' ? { ...(names.length === 0 ? {} : last), ...runGoldenTests(names) } : last
  if (flag === '--run') writeFileSync(runFile, `${JSON.stringify(ofExistingCases(run), undefined, 2)}\n`)
  const table = supportTable(readGoldenCases(), run)
  const readme = readFileSync(readmeFile, 'utf8')
  const [start, end] = markers.map((marker) => readme.indexOf(marker))
  if (start < 0 || end < start) throw new Error(`README.md: expected the lines '${markers.join("' and '")}'.`)
  const written = readme.slice(start + markers[0].length, end)
  if (flag === '--check') {
    if (cellsOf(written) === cellsOf(table)) return
    console.error('README.md: the support table is not what it should be. Run `npm run support-table`.')
    process.exitCode = 1
    return
  }
  writeFileSync(readmeFile, `${readme.slice(0, start)}${markers[0]}\n\n${table}\n\n${readme.slice(end)}`)
  call('oxfmt', [readmeFile, runFile])
}

function supportTable(cases: readonly GoldenCase[], run: Run): string {
  const heads = ['model', 'in GGUF', 'tested from', 'oracle', 'confirmed by', 'allowed', ...deviceNames]
  const firstNames = architectures.map(({ names }) => names.hf[0])
  const rows = architectures.map((architecture) => {
    const own = cases.filter((one) => one.architecture === architecture)
    const runs = own.flatMap(({ folder }) => run[folder] ?? [])
    const [first = '', ...others] = architecture.names.hf
    return [
      code([first, ...others.filter((name) => !firstNames.includes(name))]),
      code(architecture.names.gguf) || 'no',
      unique(runs.flatMap(({ files }) => files)).join(', ') || 'not run',
      unique(own.map(({ oracle }) => oracle)).join(', ') || 'none',
      unique(own.flatMap(({ confirmedBy }) => confirmedBy)).join(', ') || 'none',
      range(own.map(({ tolerance }) => tolerance)),
      ...deviceNames.map((device) => range(runs.flatMap(({ differences }) => differences[device] ?? []))),
    ]
  })
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ')
const unique = (values: readonly string[]): string[] => [...new Set(values)].toSorted()

/** Least and greatest, one digit each. */
function range(values: readonly number[]): string {
  if (values.length === 0) return 'not run'
  const ends = [Math.min(...values), Math.max(...values)].map((value) => value.toExponential(0))
  return [...new Set(ends)].join(' to ')
}

/** The formatter pads cells, so only what is in them counts. */
const cellsOf = (table: string): string => table.replaceAll(/\s+/g, '').replaceAll(/-{3,}/g, '---')

/** The cases that are a model with a checkpoint and a configuration. */
function readGoldenCases(): GoldenCase[] {
  return readJson<{ folder: string }[]>(join(goldenFolder, 'index.json')).flatMap(({ folder }) => {
    const path = join(goldenFolder, folder)
    if (!['config.json', formats.safetensors].every((file) => existsSync(join(path, file)))) return []
    const { oracle, tolerance, crossChecks = [] } = readJson<CaseFile>(join(path, 'case.json'))
    const allowed = tolerance.logits ?? tolerance.score ?? tolerance.hidden
    const config = readJson<Record<string, unknown>>(join(path, 'config.json'))
    const architecture = architectureOfHf(fieldsOfObject(`${folder}/config.json`, config))
    return {
      folder,
      architecture,
      oracle: `${oracle.name} ${oracle.version}`,
      confirmedBy: crossChecks.flatMap((check) => /^(llama\.cpp|transformers [\d.]+\d)/.exec(check.oracle)?.[0] ?? []),
      tolerance: allowed?.abs ?? 0,
    }
  })
}

interface CaseFile {
  readonly oracle: { readonly name: string; readonly version: string }
  readonly crossChecks?: readonly { readonly oracle: string }[]
  readonly tolerance: Readonly<Record<'logits' | 'score' | 'hidden', { readonly abs: number } | undefined>>
}

/** What `test/golden-suite` writes for each comparison. */
interface RecordedDifference {
  readonly test: string
  readonly what: string
  readonly difference: number
}

function ofExistingCases(run: Run): Run {
  const entries = Object.entries(run).filter(([name]) => existsSync(join(goldenFolder, name)))
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Of the cases with these names; of all for none. */
function runGoldenTests(names: readonly string[]): Run {
  const folder = mkdtempSync(join(tmpdir(), 'ostro-golden-'))
  try {
    const record = join(folder, 'record.jsonl')
    const suites = ['architectures', 'encoders', 'encoder-decoders']
    const environment = { OSTRO_RECORD: record, OSTRO_GOLDEN: goldenFolder }
    const only = names.length === 0 ? [] : ['-t', `golden/(${names.join('|')}) `]
    call('vitest', ['run', '--project', 'golden', '--reporter', 'dot', ...only, ...suites], environment)
    const lines = readFileSync(record, 'utf8').trim().split('\n')
    return summarise(lines.map((line) => JSON.parse(line) as RecordedDifference))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function summarise(recorded: readonly RecordedDifference[]): Run {
  const run: Record<string, { files: string[]; differences: Partial<Record<DeviceName, number>>; logits: boolean }> = {}
  for (const { test, what, difference } of recorded) {
    const [, path, device, source] = /^golden: (\S+) > (reference|wasm)[^:]*: (.*)$/.exec(test) ?? []
    if (path === undefined || device === undefined || source === undefined) continue
    const name = relative(goldenFolder, path)
    const own = (run[name] ??= { files: [], differences: {}, logits: false })
    const isLogits = what.endsWith('logits')
    // Where logits are compared, they alone are the figure.
    if (isLogits && !own.logits) Object.assign(own, { differences: {}, logits: true })
    if (isLogits || !own.logits) {
      const key = device as DeviceName
      own.differences[key] = Math.max(own.differences[key] ?? 0, Number(difference.toPrecision(1)))
    }
    const file = source.startsWith('GGUF') ? 'GGUF' : 'safetensors'
    if (!own.files.includes(file)) own.files.push(file)
  }
  return Object.fromEntries(
    Object.entries(run).map(([name, { files, differences }]) => [name, { files: files.toSorted(), differences }]),
  )
}

function call(command: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): void {
  const done = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, PATH: [tools, process.env['PATH']].join(delimiter), ...environment },
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (done.status !== 0) throw new Error(`${command} ${args[0]}: ended with ${done.status}; what it says is above.`)
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T
}

main(process.argv.slice(2))
