/**
 * Turns rows of a GGUF tensor into panels (see panel.ts), once, at load.
 *
 * All work is on 32-bit words of four codes: a block type first spreads its codes into such words in k order, then the words of 16 rows
 * are woven into bit planes. `bytes` holds whole panels of rows, `panels` the place in device memory where they go.
 */
import { OstroError } from '../../util/error.ts'
import type { BlockTypeName } from '../../quant/block-type.ts'
import { blockScaleBytes, halfCodeBytes, isSuper, panelBytes, panelRows, superScaleBytes } from './panel.ts'
import type { BytePanel, FloatPanel, IntegerPanel, PanelFormat } from './panel.ts'
import { type Spread, spreads } from './spread.ts'

export interface PackJob {
  readonly type: BlockTypeName
  readonly format: PanelFormat
  /** Rows in `bytes`; a last panel of fewer than 16 rows is filled up with zeros. */
  readonly rows: number
  readonly k: number
}

export function packPanels(job: PackJob, bytes: Uint8Array, panels: Uint8Array): void {
  const { format } = job
  switch (format.kind) {
    case 'integer':
      packInteger(job, format, bytes, panels)
      return
    case 'byte':
      packBytes(job, format, bytes, panels)
      return
    case 'float':
      packFloats(job, format, bytes, panels)
  }
}

// --- integer panels ---------------------------------------------------------------------------------------------------

/** One block of each of a panel's 16 rows, spread. */
interface BlockRows {
  /** [16][wordsPerRow], four codes each. */
  readonly words: Uint32Array
  readonly wordsPerRow: number
  /** f16, [16]; of super-scaled formats the super scales. */
  readonly scales: Uint16Array
  readonly minimums: Uint16Array | undefined
  /** [16][sub-block]. */
  readonly subScales: readonly Uint8Array[]
  readonly subMinimums: readonly Uint8Array[]
}

/** Rows as in the file, at an even address. */
interface Source {
  readonly bytes: Uint8Array
  readonly halves: Uint16Array
}

interface Panels {
  readonly bytes: DataView
  readonly words: Uint32Array
}

function packInteger(job: PackJob, format: IntegerPanel, bytes: Uint8Array, panels: Uint8Array): void {
  const spread = spreads[job.type]
  if (spread === undefined) throw new OstroError('unsupported', `packPanels: ${job.type} has no integer panel`)
  const { blockLength, blockBytes, minimumAt } = spread
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice()
  const source = {
    bytes: aligned,
    halves: new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 1),
  }
  const target = {
    bytes: new DataView(panels.buffer, panels.byteOffset, panels.byteLength),
    words: new Uint32Array(panels.buffer, panels.byteOffset, panels.byteLength >> 2),
  }
  const rows: BlockRows = {
    words: new Uint32Array((panelRows * blockLength) / 4),
    wordsPerRow: blockLength / 4,
    scales: new Uint16Array(panelRows),
    minimums: minimumAt === undefined ? undefined : new Uint16Array(panelRows),
    subScales: Array.from({ length: panelRows }, () => new Uint8Array(16)),
    subMinimums: Array.from({ length: panelRows }, () => new Uint8Array(16)),
  }
  const blocks = job.k / blockLength
  for (let panel = 0; panel * panelRows < job.rows; panel++) {
    let to = panel * panelBytes(format, job.k)
    for (let block = 0; block < blocks; block++) {
      for (let row = 0; row < panelRows; row++) {
        const rowIndex = panel * panelRows + row
        if (rowIndex < job.rows) spreadRow(spread, source, (rowIndex * blocks + block) * blockBytes, rows, row)
        else clearRow(rows, row)
      }
      to = writeBlock(format, rows, target, to)
    }
  }
}

function spreadRow(spread: Spread, { bytes, halves }: Source, from: number, rows: BlockRows, row: number): void {
  spread.codes(halves, from, rows.words, row * rows.wordsPerRow)
  rows.scales[row] = halves[(from + spread.scaleAt) >> 1] as number
  if (spread.minimumAt !== undefined && rows.minimums !== undefined)
    rows.minimums[row] = halves[(from + spread.minimumAt) >> 1] as number
  spread.subScales?.(bytes, from, rows.subScales[row] as Uint8Array, rows.subMinimums[row] as Uint8Array)
}

/** A scale of zero makes whatever else is there nothing. */
function clearRow({ words, wordsPerRow, scales, minimums }: BlockRows, row: number): void {
  words.fill(0, row * wordsPerRow, (row + 1) * wordsPerRow)
  scales[row] = 0
  if (minimums !== undefined) minimums[row] = 0
}

/** @returns where the next block begins */
function writeBlock(
  { scale, planes, blockLength }: IntegerPanel,
  rows: BlockRows,
  target: Panels,
  start: number,
): number {
  for (let row = 0; row < panelRows; row++) {
    target.bytes.setUint16(start + row * 2, rows.scales[row] as number, true)
    if (rows.minimums) target.bytes.setUint16(start + 32 + row * 2, rows.minimums[row] as number, true)
  }
  let to = start + (isSuper(scale) ? superScaleBytes(scale) : blockScaleBytes(scale))
  for (let part = 0; part < (rows.wordsPerRow * 4) / blockLength; part++) {
    if (isSuper(scale)) {
      for (let row = 0; row < panelRows; row++) {
        target.bytes.setUint8(to + row, rows.subScales[row]?.[part] as number)
        if (scale.kind === 'super-scale-minimum' && !scale.packed)
          target.bytes.setUint8(to + 16 + row, rows.subMinimums[row]?.[part] as number)
      }
      to += blockScaleBytes(scale)
    }
    for (let half = 0; half < blockLength / 16; half++) {
      weave(planes, rows, part * (blockLength / 4) + half * 4, target.words, to >> 2)
      to += halfCodeBytes(planes)
    }
  }
  return to
}

/** Weaves 4 words of each of 16 rows into the planes of 16 k. */
function weave(
  planes: IntegerPanel['planes'],
  { words, wordsPerRow }: BlockRows,
  first: number,
  out: Uint32Array,
  start: number,
): void {
  const upper = 8 * wordsPerRow
  let shift = 0
  let to = start
  for (const bits of planes) {
    const mask = ((1 << bits) - 1) * 0x01010101
    const perWord = 4 / bits // steps that share one byte
    for (let step = 0; step < 4; step += perWord) {
      let from = first + step
      for (let row = 0; row < 8; row++, from += wordsPerRow) {
        let packed = 0
        for (let j = 0; j < perWord; j++) {
          const low = ((words[from + j] as number) >>> shift) & mask
          const high = ((words[from + upper + j] as number) >>> shift) & mask
          packed |= (low | (high << bits)) << (2 * bits * j)
        }
        out[to++] = packed
      }
    }
    shift += bits
  }
}

// --- byte and float panels --------------------------------------------------------------------------------------------

const nonLinear4 = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113)

function packBytes(job: PackJob, format: BytePanel, bytes: Uint8Array, panels: Uint8Array): void {
  const blocks = job.k / 32
  const nibbles = job.type === 'iq4_nl'
  const blockBytes = nibbles ? 18 : 34
  const source = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice()
  const from = new Uint16Array(source.buffer, source.byteOffset, source.byteLength >> 1)
  const out = new Uint16Array(panels.buffer, panels.byteOffset, panels.byteLength >> 1)
  const size = panelBytes(format, job.k) / 2
  const expanded = new Uint16Array(16)
  const codes = new Int8Array(expanded.buffer)
  for (let rowIndex = 0; rowIndex < Math.ceil(job.rows / panelRows) * panelRows; rowIndex++) {
    const row = rowIndex % panelRows
    let to = ((rowIndex - row) / panelRows) * size
    for (let block = 0; block < blocks; block++, to += 272) {
      const at = (rowIndex * blocks + block) * (blockBytes / 2)
      if (rowIndex >= job.rows) {
        out[to + row] = 0
        for (let pair = 0; pair < 16; pair++) out[to + 16 + pair * 16 + row] = 0
        continue
      }
      out[to + row] = from[at] as number
      if (nibbles) {
        for (let i = 0; i < 16; i++) {
          const byte = source[at * 2 + 2 + i] as number
          codes[i] = nonLinear4[byte & 15] as number
          codes[i + 16] = nonLinear4[byte >> 4] as number
        }
        for (let pair = 0; pair < 16; pair++) out[to + 16 + pair * 16 + row] = expanded[pair] as number
      } else {
        for (let pair = 0; pair < 16; pair++) out[to + 16 + pair * 16 + row] = from[at + 1 + pair] as number
      }
    }
  }
}

function packFloats(job: PackJob, format: FloatPanel, bytes: Uint8Array, panels: Uint8Array): void {
  const width = format.element === 'f32' ? 4 : 2
  const aligned = bytes.byteOffset % width === 0 ? bytes : bytes.slice()
  const elements = (view: Uint8Array) =>
    width === 4
      ? new Uint32Array(view.buffer, view.byteOffset, view.byteLength >> 2)
      : new Uint16Array(view.buffer, view.byteOffset, view.byteLength >> 1)
  const from = elements(aligned)
  const out = elements(panels)
  for (let rowIndex = 0; rowIndex < Math.ceil(job.rows / panelRows) * panelRows; rowIndex++) {
    const row = rowIndex % panelRows
    const to = (rowIndex - row) * job.k + row
    const at = rowIndex * job.k
    const present = rowIndex < job.rows
    for (let i = 0; i < job.k; i++) out[to + i * panelRows] = present ? (from[at + i] as number) : 0
  }
}
