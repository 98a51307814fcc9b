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

/** How one block of the file gives up its codes and scales. */
interface Spread {
  readonly blockLength: 32 | 256
  readonly blockBytes: number
  /** Writes blockLength / 4 words of four codes each at `to`; `at` is the block's byte offset, even as all block sizes are. */
  readonly codes: (halves: Uint16Array, at: number, words: Uint32Array, to: number) => void
  /** Byte offset of the f16 scale and (where there is one) the f16 minimum. */
  readonly scaleAt: number
  readonly minimumAt?: number
  /** Super-scaled formats: writes scale (and minimum) bytes of the 8 or 16 sub-blocks. */
  readonly subScales?: (bytes: Uint8Array, at: number, scales: Uint8Array, minimums: Uint8Array) => void
}

const word = (halves: Uint16Array, at: number): number =>
  ((halves[at >> 1] as number) | ((halves[(at >> 1) + 1] as number) << 16)) >>> 0

/** Spreads 4 bits to bit 4 of four bytes. */
const fifthBits = Uint32Array.from(
  { length: 16 },
  (_, bits) => ((bits & 1) << 4) | ((bits & 2) << 11) | ((bits & 4) << 18) | ((bits & 8) << 25),
)

const legacy = (codesAt: number, highAt: number | undefined, minimumAt?: number): Spread => ({
  blockLength: 32,
  blockBytes: codesAt + 16,
  scaleAt: 0,
  ...(minimumAt === undefined ? {} : { minimumAt }),
  codes: (halves, at, words, to) => {
    const high = highAt === undefined ? 0 : word(halves, at + highAt)
    for (let i = 0; i < 4; i++) {
      const pair = word(halves, at + codesAt + i * 4)
      words[to + i] = (pair & 0x0f0f0f0f) | (fifthBits[(high >>> (4 * i)) & 15] as number)
      words[to + i + 4] = ((pair >>> 4) & 0x0f0f0f0f) | (fifthBits[(high >>> (4 * i + 16)) & 15] as number)
    }
  },
})

/** The 6-bit scales and minimums of q4_k and q5_k: 12 bytes for 8 of each. */
function sixBitScales(bytes: Uint8Array, at: number, scales: Uint8Array, minimums: Uint8Array): void {
  for (let j = 0; j < 4; j++) {
    const low = bytes[at + j] as number
    const middle = bytes[at + j + 4] as number
    const high = bytes[at + j + 8] as number
    scales[j] = low & 63
    minimums[j] = middle & 63
    scales[j + 4] = (high & 15) | ((low >> 6) << 4)
    minimums[j + 4] = (high >> 4) | ((middle >> 6) << 4)
  }
}

const q4k: Spread = {
  blockLength: 256,
  blockBytes: 144,
  scaleAt: 0,
  minimumAt: 2,
  subScales: (bytes, at, scales, minimums) => sixBitScales(bytes, at + 4, scales, minimums),
  codes: (halves, at, words, to) => {
    for (let chunk = 0; chunk < 4; chunk++) {
      for (let i = 0; i < 8; i++) {
        const pair = word(halves, at + 16 + chunk * 32 + i * 4)
        words[to + chunk * 16 + i] = pair & 0x0f0f0f0f
        words[to + chunk * 16 + 8 + i] = (pair >>> 4) & 0x0f0f0f0f
      }
    }
  },
}

const q5k: Spread = {
  blockLength: 256,
  blockBytes: 176,
  scaleAt: 0,
  minimumAt: 2,
  subScales: (bytes, at, scales, minimums) => sixBitScales(bytes, at + 4, scales, minimums),
  codes: (halves, at, words, to) => {
    for (let chunk = 0; chunk < 4; chunk++) {
      for (let i = 0; i < 8; i++) {
        const high = word(halves, at + 16 + i * 4) >>> (2 * chunk)
        const pair = word(halves, at + 48 + chunk * 32 + i * 4)
        words[to + chunk * 16 + i] = (pair & 0x0f0f0f0f) | ((high & 0x01010101) << 4)
        words[to + chunk * 16 + 8 + i] = ((pair >>> 4) & 0x0f0f0f0f) | (((high >>> 1) & 0x01010101) << 4)
      }
    }
  },
}

const q6k: Spread = {
  blockLength: 256,
  blockBytes: 210,
  scaleAt: 208,
  subScales: (bytes, at, scales) => {
    for (let j = 0; j < 16; j++) scales[j] = bytes[at + 192 + j] as number
  },
  codes: (halves, at, words, to) => {
    for (let part = 0; part < 2; part++) {
      for (let i = 0; i < 8; i++) {
        const first = word(halves, at + part * 64 + i * 4)
        const second = word(halves, at + part * 64 + 32 + i * 4)
        const high = word(halves, at + 128 + part * 32 + i * 4)
        const first32 = to + part * 32 + i
        words[first32] = (first & 0x0f0f0f0f) | ((high & 0x03030303) << 4)
        words[first32 + 8] = (second & 0x0f0f0f0f) | (((high >>> 2) & 0x03030303) << 4)
        words[first32 + 16] = ((first >>> 4) & 0x0f0f0f0f) | (((high >>> 4) & 0x03030303) << 4)
        words[first32 + 24] = ((second >>> 4) & 0x0f0f0f0f) | (((high >>> 6) & 0x03030303) << 4)
      }
    }
  },
}

/** Two-bit codes of q2_k and q3_k: 64 bytes hold 256 codes, 128 at a time, four shifts over 32 bytes. */
function twoBitCodes(halves: Uint16Array, at: number, words: Uint32Array, to: number): void {
  for (let part = 0; part < 2; part++) {
    for (let shift = 0; shift < 4; shift++) {
      for (let i = 0; i < 8; i++) {
        words[to + part * 32 + shift * 8 + i] = (word(halves, at + part * 32 + i * 4) >>> (2 * shift)) & 0x03030303
      }
    }
  }
}

const q2k: Spread = {
  blockLength: 256,
  blockBytes: 84,
  scaleAt: 80,
  minimumAt: 82,
  subScales: (bytes, at, scales) => {
    for (let j = 0; j < 16; j++) scales[j] = bytes[at + j] as number
  },
  codes: (halves, at, words, to) => twoBitCodes(halves, at + 16, words, to),
}

const q3k: Spread = {
  blockLength: 256,
  blockBytes: 110,
  scaleAt: 108,
  subScales: (bytes, at, scales) => {
    for (let j = 0; j < 16; j++) {
      const low = ((bytes[at + 96 + (j & 7)] as number) >> (j < 8 ? 0 : 4)) & 15
      const high = ((bytes[at + 104 + (j & 3)] as number) >> (2 * (j >> 2))) & 3
      scales[j] = (low | (high << 4)) - 32
    }
  },
  codes: (halves, at, words, to) => {
    twoBitCodes(halves, at + 32, words, to)
    for (let part = 0; part < 8; part++) {
      for (let i = 0; i < 8; i++) {
        const high = (word(halves, at + i * 4) >>> part) & 0x01010101
        words[to + part * 8 + i] = (words[to + part * 8 + i] as number) | (high << 2)
      }
    }
  },
}

const spreads: { readonly [name in BlockTypeName]?: Spread } = {
  q4_0: legacy(2, undefined),
  q4_1: legacy(4, undefined, 2),
  q5_0: legacy(6, 2),
  q5_1: legacy(8, 4, 2),
  q4_k: q4k,
  q5_k: q5k,
  q6_k: q6k,
  q2_k: q2k,
  q3_k: q3k,
}

function packInteger(job: PackJob, format: IntegerPanel, bytes: Uint8Array, panels: Uint8Array): void {
  const spread = spreads[job.type]
  if (spread === undefined) throw new OstroError('unsupported', `packPanels: ${job.type} has no integer panel`)
  const { blockLength, blockBytes } = spread
  const blocks = job.k / blockLength
  const rowBytes = blocks * blockBytes
  const wordCount = blockLength / 4
  const words = new Uint32Array(panelRows * wordCount)
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice()
  const halves = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 1)
  const scales = Array.from({ length: panelRows }, () => new Uint8Array(16))
  const minimums = Array.from({ length: panelRows }, () => new Uint8Array(16))
  const out = new DataView(panels.buffer, panels.byteOffset, panels.byteLength)
  const wordOut = new Uint32Array(panels.buffer, panels.byteOffset, panels.byteLength >> 2)
  const size = panelBytes(format, job.k)

  for (let panel = 0; panel * panelRows < job.rows; panel++) {
    let to = panel * size
    for (let block = 0; block < blocks; block++) {
      for (let row = 0; row < panelRows; row++) {
        const rowIndex = panel * panelRows + row
        const from = rowIndex * rowBytes + block * blockBytes
        const present = rowIndex < job.rows
        if (present) spread.codes(halves, from, words, row * wordCount)
        else words.fill(0, row * wordCount, (row + 1) * wordCount)
        const half = (at: number) =>
          present ? (bytes[from + at] as number) | ((bytes[from + at + 1] as number) << 8) : 0
        out.setUint16(to + row * 2, half(spread.scaleAt), true)
        if (spread.minimumAt !== undefined) out.setUint16(to + 32 + row * 2, half(spread.minimumAt), true)
        if (present) spread.subScales?.(bytes, from, scales[row] as Uint8Array, minimums[row] as Uint8Array)
      }
      to += isSuper(format.scale) ? superScaleBytes(format.scale) : blockScaleBytes(format.scale)
      for (let part = 0; part < blockLength / format.blockLength; part++) {
        if (isSuper(format.scale)) {
          for (let row = 0; row < panelRows; row++) {
            out.setUint8(to + row, scales[row]?.[part] as number)
            if (format.scale.kind === 'super-scale-minimum' && !format.scale.packed)
              out.setUint8(to + 16 + row, minimums[row]?.[part] as number)
          }
          to += blockScaleBytes(format.scale)
        }
        for (let half = 0; half < format.blockLength / 16; half++) {
          weave(format.planes, words, wordCount, part * (format.blockLength / 4) + half * 4, wordOut, to >> 2)
          to += halfCodeBytes(format.planes)
        }
      }
    }
  }
}

/** Weaves 4 words of each of 16 rows, `stride` apart, into the planes of 16 k. */
function weave(
  planes: IntegerPanel['planes'],
  words: Uint32Array,
  stride: number,
  first: number,
  out: Uint32Array,
  start: number,
): void {
  const upper = 8 * stride
  let shift = 0
  let to = start
  for (const bits of planes) {
    const mask = ((1 << bits) - 1) * 0x01010101
    const perWord = 4 / bits // steps that share one byte
    for (let step = 0; step < 4; step += perWord) {
      let from = first + step
      for (let row = 0; row < 8; row++, from += stride) {
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
