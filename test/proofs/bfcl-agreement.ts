/**
 * Our checker of function calls against the leaderboard's own, answer by answer: on right and wrong answers made from the ground
 * truth of the whole development half, and on what a served model answers to the leaderboard's own client. BFCL_PYTHON names a Python
 * that has the package bfcl-eval 2026.3.23 (`python3 -m venv`, then `pip install --no-deps bfcl-eval==2026.3.23 openai tenacity ...`).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { adaptFunctions } from '../../src/evals/bfcl/adapt-functions.ts'
import { languageOf } from '../../src/evals/bfcl/check-answer.ts'
import type { Call } from '../../src/evals/bfcl/check-call.ts'
import { type BfclItem, categories, checkAnswer, readDataSet } from '../../src/evals/bfcl/index.ts'
import { type PythonRecord, readPythonJson } from '../../src/evals/bfcl/python-value.ts'
import { faultyAnswers, replay, writePythonJson } from '../support/bfcl-replay.ts'

const folder = fileURLToPath(new URL('../../../shared/data/bfcl-dev/', import.meta.url))
const official = fileURLToPath(new URL('bfcl-official.py', import.meta.url))
const served = 'smollm2:135m'
/** `OSTRO_PROOF_ITEMS=120-200` asks for a part of them: a small machine may need hours for all. */
const servedItems = 200
const [servedFrom, servedTo] = (process.env['OSTRO_PROOF_ITEMS'] ?? `0-${servedItems}`).split('-').map(Number)

interface Verdict {
  readonly id: string
  readonly calls: readonly { readonly name: string; readonly arguments: string }[]
  readonly right: boolean
  readonly error: string | null
}

export async function bfclAgreement(): Promise<boolean> {
  const python = process.env['BFCL_PYTHON']
  if (python === undefined) {
    console.log('BFCL_PYTHON is not set: it must name a Python with the package bfcl-eval 2026.3.23.')
    return false
  }
  const items = categories.flatMap((category) =>
    readDataSet(category, readFileSync(`${folder}${category}.jsonl`, 'utf8')),
  )
  const replayed = await agreeOnReplays(python, items)
  return (await agreeOnServed(python, items)) && replayed
}

async function agreeOnReplays(python: string, items: readonly BfclItem[]): Promise<boolean> {
  const cases = items.flatMap((item) => {
    const faulty = faultyAnswers(item).filter(({ answer }) => answer.unreadable === undefined)
    return [replay(item), ...faulty.map(({ answer }) => answer)].map((answer) => ({ item, answer }))
  })
  const lines = cases.map(({ item: { id, category }, answer }) => {
    const calls = answer.calls.map((call) => ({ name: call.name, arguments: writePythonJson(call.arguments) }))
    return JSON.stringify({ id, category, calls })
  })
  const verdicts = await run(python, [official, 'judge', folder], lines)
  const ours = cases.map(({ item, answer }) => checkAnswer(item, answer) === undefined)
  const differing = verdicts.filter(({ right }, index) => right !== ours[index])
  const crashed = verdicts.filter(({ error }) => error?.startsWith('crash') === true).length
  console.log(
    `answers from the ground truth: ${verdicts.length}, judged alike ${verdicts.length - differing.length}, ` +
      `right by both ${ours.filter(Boolean).length}, crashes of the original ${crashed}`,
  )
  for (const { id, error } of differing.slice(0, 10)) console.log(`  differs: ${id}, original says ${error ?? 'right'}`)
  return verdicts.length === cases.length && differing.length === 0
}

async function agreeOnServed(python: string, items: readonly BfclItem[]): Promise<boolean> {
  const subset = Array.from(
    { length: servedItems },
    (_, index) => items[Math.floor((index * items.length) / servedItems)],
  ).slice(servedFrom, servedTo)
  const server = await startServer()
  try {
    const lines = subset.map(({ id, category }) => JSON.stringify({ id, category }))
    const env = { OPENAI_BASE_URL: `${server.address}/v1`, OPENAI_API_KEY: 'none' }
    const verdicts = await run(python, [official, 'ask', folder, served], lines, env)
    const differing = verdicts.filter((verdict, index) => {
      return verdict.right !== (checkAnswer(subset[index], { calls: readCalls(subset[index], verdict) }) === undefined)
    })
    const right = verdicts.filter((verdict) => verdict.right).length
    console.log(
      `answers of ${served} to the original client: ${verdicts.length}, judged alike ${verdicts.length - differing.length}, right ${right}`,
    )
    for (const { id, error } of differing.slice(0, 10))
      console.log(`  differs: ${id}, original says ${error ?? 'right'}`)
    return verdicts.length === subset.length && differing.length === 0
  } finally {
    server.process.kill()
  }
}

/** The client's names have underscores where the data set's have dots. */
function readCalls({ functions, category }: BfclItem, { calls }: Verdict): Call[] {
  const { originalName } = adaptFunctions(functions, languageOf(category))
  return calls.map(({ name, arguments: text }) => {
    return { name: originalName(name), arguments: readPythonJson(text) as PythonRecord }
  })
}

async function run(
  program: string,
  args: readonly string[],
  lines: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Verdict[]> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  child.stdin.end(lines.join('\n'))
  let written = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) written += String(chunk)
  return written
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Verdict)
}

async function startServer(): Promise<{ readonly process: ChildProcess; readonly address: string }> {
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
  const child = spawn(
    process.execPath,
    [main, 'serve', served, '--port', '0', '--timeout', '3600', '--context', '4096', '--json'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const address = await new Promise<string>((resolve, reject) => {
    let written = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      written += chunk
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(written)?.[0]
      if (found !== undefined) resolve(found)
    })
    child.once('exit', () => reject(new Error(`the server ended before it said where it listens: ${written}`)))
  })
  return { process: child, address }
}
