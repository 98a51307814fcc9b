/** One measured figure and how it is printed: a JSON line for programs, a table row for people. */

export interface Figure {
  readonly figure: string
  readonly model: string
  /** Median; `undefined` where that engine was not measured. */
  readonly ours: number | undefined
  readonly peer: number | undefined
  /** Ours over the peer's. */
  readonly ratio: number | undefined
  /** Bound of the ratio, or of `ours` where there is no peer: `>= 1.5` or `<= 1.0`. */
  readonly must: string | undefined
  readonly aim: string | undefined
  readonly unit: string
  readonly runs: number
  /** What belongs beside the number: threads, GB/s, share of the memory bandwidth. */
  readonly note?: string
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export function ratioOf(ours: number | undefined, peer: number | undefined): number | undefined {
  return ours === undefined || peer === undefined ? undefined : ours / peer
}

export function jsonLine(figure: Figure): string {
  const rounded = Object.entries(figure).map(([key, value]) => [key, typeof value === 'number' ? round(value) : value])
  return JSON.stringify(Object.fromEntries(rounded))
}

export const tableHead = [
  '| figure | model | ostro | peer | ratio | must | aim | unit | runs | note |',
  '|---|---|---|---|---|---|---|---|---|---|',
].join('\n')

export function tableRow(figure: Figure): string {
  const { model, ours, peer, ratio, must, aim, unit, runs, note } = figure
  const cells = [
    figure.figure,
    model,
    show(ours),
    show(peer),
    show(ratio),
    must ?? '',
    aim ?? '',
    unit,
    runs,
    note ?? '',
  ]
  return `| ${cells.join(' | ')} |`
}

function show(value: number | undefined): string {
  return value === undefined ? '–' : String(round(value))
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}
