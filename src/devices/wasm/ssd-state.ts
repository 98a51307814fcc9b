/**
 * What a slot keeps of a state-space dual: the state [H, P, N] where the current chunk of positions began, and what has come since.
 *
 * With w_0 the product of all decays of the chunk so far and w_j the product of those after its token j,
 * h = w_0 S + sum_j w_j (dt x)_j B_j. That is the chunked form of Dao and Gu 2024 (section 6) and holds after every token, so a chunk
 * can end in one run and have begun in another. Chunks begin at multiples of their length, whatever the runs: a token's sums have the
 * same terms in the same order in a prompt and alone.
 */
import { panelsOf, panelWidth } from './channel-panels.ts'

export interface SsdShape {
  readonly heads: number
  /** P: channels of a head. */
  readonly headDim: number
  /** G: divides the heads. */
  readonly groups: number
  /** N: values of a channel's state. */
  readonly stateSize: number
  /** Tokens of a chunk: a power of two from 4 on. */
  readonly chunkTokens: number
}

const line = 64

const lines = (sizeBytes: number): number => Math.ceil(sizeBytes / line) * line

/** Byte offsets in the block of one panel. */
export function panelLayout({ stateSize, chunkTokens }: Pick<SsdShape, 'stateSize' | 'chunkTokens'>) {
  const inputs = 4 * panelWidth * stateSize
  const weights = inputs + 4 * panelWidth * chunkTokens
  const carried = weights + lines(4 * chunkTokens)
  return {
    /** S, [N, panelWidth]. */
    state: 0,
    /** dt x, [chunkTokens, panelWidth]. */
    inputs,
    /** w_1 on, [chunkTokens]; 0 for tokens to come. */
    weights,
    /** w_0, in all lanes of a vector. */
    carried,
    bytes: carried + line,
  }
}

/** Bytes of one token's B of all groups. */
export const keyRowBytes = ({ groups, stateSize }: Pick<SsdShape, 'groups' | 'stateSize'>): number =>
  lines(4 * groups * stateSize)

/** The panels [H, panels of a head], then B [chunkTokens, G N]. */
export function ssdStateLayout(shape: SsdShape) {
  const panel = panelLayout(shape)
  const keys = shape.heads * panelsOf(shape.headDim) * panel.bytes
  return { panel, keys, bytes: keys + shape.chunkTokens * keyRowBytes(shape) }
}

/**
 * The state [H, P, N] as it is after the last token. `settle` gives rows [N, panelWidth] of one panel's states, a view until the next
 * call, from the byte offsets in the slot of its block and of its group's B.
 */
export function readSsdState(shape: SsdShape, settle: (block: number, keys: number) => Float32Array): Float32Array {
  const { heads, headDim, groups, stateSize } = shape
  const { panel, keys } = ssdStateLayout(shape)
  const state = new Float32Array(heads * headDim * stateSize)
  const panels = panelsOf(headDim)
  for (let index = 0; index < heads * panels; index++) {
    const head = Math.floor(index / panels)
    const first = (index % panels) * panelWidth
    const rows = settle(index * panel.bytes, keys + 4 * stateSize * Math.floor((head * groups) / heads))
    for (let lane = 0; lane < Math.min(panelWidth, headDim - first); lane++) {
      const own = (head * headDim + first + lane) * stateSize
      for (let n = 0; n < stateSize; n++) state[own + n] = rows[n * panelWidth + lane]
    }
  }
  return state
}

/** Makes `state` [H, P, N] what a chunk of no tokens yet has begun with. */
export function writeSsdState(slot: Float32Array, shape: SsdShape, state: Float32Array): void {
  const { heads, headDim, stateSize } = shape
  const { panel } = ssdStateLayout(shape)
  slot.fill(0)
  for (let channel = 0; channel < heads * headDim; channel++) {
    const { block, lane } = placeChannel(channel, shape)
    slot.fill(1, block + panel.carried / 4, block + panel.carried / 4 + 4)
    for (let n = 0; n < stateSize; n++) slot[block + n * panelWidth + lane] = state[channel * stateSize + n]
  }
}

/** Where the block of a channel's panel begins, in values, and which lane of its rows the channel has. */
function placeChannel(channel: number, shape: SsdShape): { readonly block: number; readonly lane: number } {
  const { headDim } = shape
  const inHead = channel % headDim
  const panel = Math.floor(channel / headDim) * panelsOf(headDim) + Math.floor(inHead / panelWidth)
  return { block: (panel * panelLayout(shape).bytes) / 4, lane: inHead % panelWidth }
}
