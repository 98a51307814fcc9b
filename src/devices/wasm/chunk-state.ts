/**
 * What a slot keeps of a recurrence in chunks, the state-space dual or the gated delta rule: the state of each channel where the current
 * chunk of positions began, and what has come since.
 *
 * With w_0 the product of all decays of the chunk so far and w_j the product of those after its token j, a channel's state is
 * w_0 S + sum_j w_j u_j k_j, where token j writes u_j along its key k_j: dt x along B in the dual (Dao and Gu 2024, section 6), what the
 * state does not know yet of its value along its key in the delta rule (Yang et al. 2024, arXiv:2412.06464, section 3.3). That holds
 * after every token, so a chunk can end in one run and have begun in another. Chunks begin at multiples of their length, whatever the
 * runs: a token's sums have the same terms in the same order in a prompt and alone.
 */
import type { KeySharing } from '../../tensor/ops/gated-delta.ts'
import { panelsOf, panelWidth } from './channel-panels.ts'

export interface ChunkShape {
  readonly heads: number
  /** P: channels of a head. */
  readonly headDim: number
  /** G: heads of keys; divides the heads. */
  readonly groups: number
  readonly sharing: KeySharing
  /** N: values of a channel's state, and of a key. */
  readonly stateSize: number
  /** Tokens of a chunk: a power of two from 4 on. */
  readonly chunkTokens: number
  /** Whether the graph declares states as [H, P, N], or else as [H, N, P]. */
  readonly channelsFirst: boolean
}

const line = 64

const lines = (sizeBytes: number): number => Math.ceil(sizeBytes / line) * line

/** Byte offsets in the block of one panel. */
export function panelLayout({ stateSize, chunkTokens }: Pick<ChunkShape, 'stateSize' | 'chunkTokens'>) {
  const inputs = 4 * panelWidth * stateSize
  const weights = inputs + 4 * panelWidth * chunkTokens
  const carried = weights + lines(4 * chunkTokens)
  return {
    /** S, [N, panelWidth]. */
    state: 0,
    /** u, [chunkTokens, panelWidth]. */
    inputs,
    /** w_1 on, [chunkTokens]; 0 for tokens to come. */
    weights,
    /** w_0, in all lanes of a vector. */
    carried,
    bytes: carried + line,
  }
}

/** Bytes of one token's keys of all groups. */
export const keyRowBytes = ({ groups, stateSize }: Pick<ChunkShape, 'groups' | 'stateSize'>): number =>
  lines(4 * groups * stateSize)

/** The panels [H, panels of a head], then the keys [chunkTokens, G N]. */
export function chunkStateLayout(shape: ChunkShape) {
  const panel = panelLayout(shape)
  const keys = shape.heads * panelsOf(shape.headDim) * panel.bytes
  return { panel, keys, bytes: keys + shape.chunkTokens * keyRowBytes(shape) }
}

/**
 * The state as it is after the last token, in the order of the graph. `settle` gives rows [N, panelWidth] of one panel's states, a view
 * until the next call, from the byte offsets in the slot of its block and of its group's keys.
 */
export function readChunkState(shape: ChunkShape, settle: (block: number, keys: number) => Float32Array): Float32Array {
  const { heads, headDim, groups, sharing, stateSize } = shape
  const { panel, keys } = chunkStateLayout(shape)
  const state = new Float32Array(heads * headDim * stateSize)
  const panels = panelsOf(headDim)
  for (let index = 0; index < heads * panels; index++) {
    const head = Math.floor(index / panels)
    const group = sharing === 'tiled' ? head % groups : Math.floor((head * groups) / heads)
    const first = (index % panels) * panelWidth
    const rows = settle(index * panel.bytes, keys + 4 * stateSize * group)
    for (let lane = 0; lane < Math.min(panelWidth, headDim - first); lane++) {
      for (let n = 0; n < stateSize; n++) {
        state[placeInState(shape, head, first + lane, n)] = rows[n * panelWidth + lane]
      }
    }
  }
  return state
}

/** Makes `state`, in the order of the graph, what a chunk of no tokens yet has begun with. */
export function writeChunkState(slot: Float32Array, shape: ChunkShape, state: Float32Array): void {
  const { heads, headDim, stateSize } = shape
  const { panel } = chunkStateLayout(shape)
  const panels = panelsOf(headDim)
  slot.fill(0)
  for (let head = 0; head < heads; head++) {
    for (let channel = 0; channel < headDim; channel++) {
      const block = ((head * panels + Math.floor(channel / panelWidth)) * panel.bytes) / 4
      const lane = channel % panelWidth
      slot.fill(1, block + panel.carried / 4, block + panel.carried / 4 + 4)
      for (let n = 0; n < stateSize; n++) {
        slot[block + n * panelWidth + lane] = state[placeInState(shape, head, channel, n)]
      }
    }
  }
}

function placeInState({ headDim, stateSize, channelsFirst }: ChunkShape, head: number, channel: number, n: number) {
  const inHead = channelsFirst ? channel * stateSize + n : n * headDim + channel
  return head * headDim * stateSize + inHead
}
