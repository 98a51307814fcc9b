/**
 * Tool choice is kept and arguments are valid on any model: random weights (a base model, one behind a plain template, one with a
 * notation of its own), SmolLM2 and the Gemma 3 base model, under every choice, at limits from one token up.
 * `OSTRO_PROOF_CELLS` sets the requests per model, by default 1,000.
 */
import { load } from '../../src/engine/load.ts'
import { realModelPath } from '../support/models.ts'
import { writeRandomModels } from '../support/random-models.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { type CellResult, matrixCells, runCell } from '../support/tool-choice-matrix.ts'

const limits = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96, 128, 200]
/** Every so many requests are made twice: equal seeds must say equal things. */
const repeatEvery = 20

interface Row {
  readonly requests: number
  readonly kept: number
  readonly calls: number
  readonly ends: Readonly<Record<string, number>>
  readonly repeated: string
}

export async function toolChoice(): Promise<boolean> {
  const count = Number(process.env['OSTRO_PROOF_CELLS'] ?? 1000)
  await using folder = await temporaryFolder()
  const random = await writeRandomModels(folder.path)
  const paths: (readonly [string, string | undefined])[] = [
    ['random weights, base', random.base],
    ['random weights, plain template', random.plain],
    ['random weights, own notation', random.tools],
    ['SmolLM2 135M', await realModelPath('smollm2')],
    ['Gemma 3 270M base', await realModelPath('gemma3')],
  ]
  const rows: Row[] = []
  console.log(
    '| model | requests | kept and valid | calls | ends | same seed, same events |\n| --- | --- | --- | --- | --- | --- |',
  )
  for (const [name, path] of paths) {
    if (path === undefined) continue
    const row = await measure(name, path, count)
    rows.push(row)
    const told = Object.entries(row.ends).map(([reason, times]) => `${reason} ${times}`)
    const { requests, kept, calls, repeated } = row
    console.log(`| ${name} | ${requests} | ${kept} | ${calls} | ${told.join(', ')} | ${repeated} |`)
  }
  return rows.every(({ requests, kept, repeated }) => kept === requests && isWhole(repeated))
}

async function measure(name: string, path: string, count: number): Promise<Row> {
  await using model = await load(path)
  const ends: Record<string, number> = {}
  let [kept, calls, repeats, equal] = [0, 0, 0, 0]
  for (const [index, cell] of matrixCells(count, 2026, limits).entries()) {
    const result = await runCell(model, cell)
    if (result.broken.length === 0) kept++
    else
      console.log(
        `BROKEN: ${name}: ${result.broken.join('; ')} in ${JSON.stringify({ ...cell.options, tools: undefined, request: cell.request })}`,
      )
    calls += result.calls
    ends[result.ended] = (ends[result.ended] ?? 0) + 1
    if (index % repeatEvery !== 0) continue
    repeats++
    if (told(await runCell(model, cell)) === told(result)) equal++
  }
  return { requests: count, kept, calls, ends, repeated: `${equal}/${repeats}` }
}

/** What was said, without where the time went. */
function told({ events }: CellResult): string {
  return JSON.stringify(events.filter(({ type }) => type !== 'end' && type !== 'prefill-progress'))
}

function isWhole(fraction: string): boolean {
  const [part, whole] = fraction.split('/')
  return part === whole
}
