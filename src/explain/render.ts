/** An explanation as text: steps with wrapped sentences and aligned matrices, side by side where the width allows. */
import type { Explanation, LabelledMatrix, Step } from './explanation.ts'
import { formatNumber } from './numbers.ts'

export interface TextStyle {
  /** Columns of the terminal. */
  readonly width: number
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
}

export function renderExplanation({ title, summary, steps, sources }: Explanation, style: TextStyle): string {
  return [
    style.bold(title),
    wrap(summary, style.width),
    ...steps.map((step, index) => renderStep(step, index + 1, style)),
    style.dim(['Sources', ...sources.map((source) => wrap(source, style.width, '  '))].join('\n')),
  ].join('\n\n')
}

function renderStep(
  { title, formula, why, example, terms = [], matrices }: Step,
  number: number,
  style: TextStyle,
): string {
  const head = [
    `${style.bold(`${number}. ${title}`)}`,
    ...(formula === '' ? [] : [wrap(formula, style.width, '   ')]),
    wrap(why, style.width, '   '),
    ...(example === undefined ? [] : [style.dim(wrap(`For example: ${example}`, style.width, '   '))]),
  ].join('\n')
  const words = terms.map(({ term, text }) => wrap(`${term}: ${text}`, style.width, '     '))
  const blocks = matrices.flatMap(drawMatrix)
  const drawn = blocks.length === 0 ? [] : [placeBlocks(blocks, style.width)]
  return [head, ...drawn, ...(words.length === 0 ? [] : [style.dim(words.join('\n'))])].join('\n\n')
}

type Block = readonly string[]

/** The matrix, and its decimals beside it where cells are fractions. */
function drawMatrix(matrix: LabelledMatrix): Block[] {
  const { id, values, decimals } = matrix
  if (decimals === undefined) return [drawWords(matrix)]
  const exact = drawCells(
    id,
    matrix,
    values.map((row) => row.map(shorten)),
  )
  const hasFractions = values.some((row) => row.some((value) => value.includes('/')))
  if (!hasFractions) return [exact]
  return [
    exact,
    drawCells(
      `${id} ≈`,
      matrix,
      decimals.map((row) => row.map((value) => rough(value))),
    ),
  ]
}

function drawWords({ id, rows, columns, values }: LabelledMatrix): Block {
  const table = [[id, ...columns], ...rows.map((row, index) => [row, ...values[index]])]
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)))
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  )
}

function drawCells(corner: string, { rows, columns }: LabelledMatrix, values: readonly (readonly string[])[]): Block {
  const left = Math.max(corner.length, ...rows.map((row) => row.length))
  const widths = columns.map((column, index) => Math.max(column.length, ...values.map((row) => row[index].length)))
  const line = (label: string, cells: readonly string[], open: string, close: string): string =>
    `${label.padEnd(left)} ${open} ${cells.map((cell, index) => cell.padStart(widths[index])).join('  ')} ${close}`
  return [line(corner, columns, ' ', ' ').trimEnd(), ...rows.map((row, index) => line(row, values[index], '[', ']'))]
}

/** Four digits are enough to compare by. */
function rough(value: number): string {
  return formatNumber(Number(value.toPrecision(4)))
}

/** Long decimals are cut where a terminal is read; JSON has all of them. */
function shorten(value: string): string {
  return value.includes('.') && value.length > 12 ? `${value.slice(0, 11)}…` : value
}

/** Blocks in rows as full as `width` allows. */
function placeBlocks(blocks: readonly Block[], width: number): string {
  const indent = '   '
  const gap = '    '
  const rows: Block[][] = []
  let used = Infinity
  for (const block of blocks) {
    const own = widthOf(block) + gap.length
    if (used + own > width - indent.length + gap.length) {
      rows.push([])
      used = 0
    }
    rows[rows.length - 1].push(block)
    used += own
  }
  return rows
    .map((row) =>
      joinBlocks(row, gap)
        .map((line) => (indent + line).trimEnd())
        .join('\n'),
    )
    .join('\n\n')
}

function joinBlocks(blocks: readonly Block[], gap: string): string[] {
  const height = Math.max(...blocks.map((block) => block.length))
  return Array.from({ length: height }, (_, line) =>
    blocks.map((block) => (block[line] ?? '').padEnd(widthOf(block))).join(gap),
  )
}

function widthOf(block: Block): number {
  return Math.max(...block.map((line) => line.length))
}

/** Breaks at spaces; a word longer than the width stands alone. */
function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, indent + line].join('\n')
}
