/** Remembers how recent words were split, within a fixed budget: texts repeat their words. */

export interface WordCache {
  get(word: string): Int32Array | undefined
  set(word: string, ids: Int32Array): void
}

const MAX_WORDS = 1 << 16
const MAX_WORD_LENGTH = 64
/** From this length on V8's `slice` answers a view that keeps the whole text alive, so the cache must hold a copy. */
const V8_SLICE_LENGTH = 13
const utf8Encoder = new TextEncoder()
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Two generations: when the young one is full it becomes the old one, so that hot words survive without bookkeeping per hit. */
export function createWordCache(): WordCache {
  let young = new Map<string, Int32Array>()
  let old = new Map<string, Int32Array>()
  const put = (word: string, ids: Int32Array): void => {
    if (young.size >= MAX_WORDS) {
      old = young
      young = new Map()
    }
    young.set(word, ids)
  }
  return {
    get(word) {
      const ids = young.get(word)
      if (ids) return ids
      const older = old.get(word)
      if (older) put(word, older)
      return older
    },
    set(word, ids) {
      if (word.length <= MAX_WORD_LENGTH) put(word.length < V8_SLICE_LENGTH ? word : copy(word), ids)
    },
  }
}

function copy(word: string): string {
  return utf8Decoder.decode(utf8Encoder.encode(word))
}
