/**
 * Attention over pages of 64 positions, in chunks of 8 pages whose softmax sums are merged (Milakov and Gimelshein 2018; Dao et al. 2022).
 *
 * A tile is up to four (token, head) pairs that share a key head; both products are then matmul tiles of 4 queries x 16. Chunks
 * are summed apart and merged in order: with many tokens a thread does all chunks of a tile, with few tokens threads take chunks and the
 * last one to finish a tile merges them. Per query the order of operations depends on its position only, never on threads or neighbours.
 */
import { at, i32 } from '../asm/expression.ts'
import type { FunctionBuilder, ModuleBuilder } from '../asm/module.ts'
import { fewTokens } from '../control.ts'
import { field } from '../step-layout.ts'
import {
  attentionFields,
  cacheCodecs,
  pageOf,
  pagesPerChunk,
  placeOfPage,
  positionOf,
  sequenceOf,
  sequenceOfRow,
  tileContext,
  tileRows,
} from './attention.ts'
import type { CacheType } from './attention.ts'
import { emitMergeRow, emitTile } from './attention-tile.ts'
import { pagePositions } from './cache-codec.ts'
import { emitChunks } from './work.ts'

/** Writes the keys and values of the new tokens into their pages. */
export function emitStoreKeysValues(module: ModuleBuilder, type: CacheType, headDim: number): FunctionBuilder {
  const codec = cacheCodecs[type]
  return module.function(`store_${type}_${headDim}`, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const kvHeads = f.local('i32', field.integer(step, attentionFields.kvHeads))
    const tokens = f.local('i32', field.dynamic(step, attentionFields.tokens))
    // Head by head: neighbouring positions share the cache lines of their keys.
    emitChunks(f, step, i32.mul(tokens, kvHeads), 16, (item) => {
      const token = f.local('i32', i32.remU(item, tokens))
      const head = f.local('i32', i32.divU(item, tokens))
      const row = f.local('i32', i32.add(i32.mul(token, kvHeads), head))
      const position = f.local('i32', i32.load(at(field.address(step, attentionFields.positions), token, 4)))
      const slot = f.local('i32', i32.and(position, i32.const(pagePositions - 1)))
      const page = f.local('i32', pageOf(step, sequenceOf(step, token), i32.shrU(position, i32.const(6))))
      const place = f.local('i32', placeOfPage(step, head, page))
      const key = f.local('ptr', at(field.address(step, attentionFields.key), row, headDim * 4))
      const value = f.local('ptr', at(field.address(step, attentionFields.value), row, headDim * 4))
      const keyTo = f.local('ptr', at(field.address(step, attentionFields.keyPages), place, codec.keyBytes(headDim)))
      const valueTo = f.local(
        'ptr',
        at(field.address(step, attentionFields.valuePages), place, codec.valueBytes(headDim)),
      )
      codec.emitStoreKey(f, key, keyTo, slot, headDim)
      codec.emitStoreValue(f, value, valueTo, slot, headDim)
    })
  })
}

/** `biased`: adds a score by distance, a kernel of its own so that those without pay nothing. */
export function emitAttention(
  module: ModuleBuilder,
  type: CacheType,
  headDim: number,
  biased: boolean,
): FunctionBuilder {
  const name = `attention_${type}_${headDim}${biased ? '_biased' : ''}`
  return module.function(name, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const context = tileContext(f, cacheCodecs[type], headDim, biased)
    const { step, kvHeads, group, row, count, kvHead, few } = context
    const tokens = f.local('i32', field.dynamic(step, attentionFields.tokens))
    f.set(few, i32.leS(tokens, i32.const(fewTokens)))
    const rows = f.local('i32', i32.mul(tokens, group))
    const tiles = f.local('i32', i32.divU(i32.add(rows, i32.const(tileRows - 1)), i32.const(tileRows)))
    const rowEnd = f.local('i32')
    const tile = f.local('i32')
    const furthest = f.local('i32', positionOf(step, i32.const(0)))
    const second = f.local('i32', i32.select(i32.ltS(i32.const(1), tokens), positionOf(step, i32.const(1)), furthest))
    f.set(furthest, i32.select(i32.ltS(furthest, second), second, furthest))
    const chunkShift = i32.const(Math.log2(pagePositions * pagesPerChunk))
    const chunks = f.local('i32', i32.select(few, i32.add(i32.shrU(furthest, chunkShift), i32.const(1)), i32.const(1)))
    const tilesOfAll = f.local('i32', i32.mul(tiles, kvHeads))
    emitChunks(f, step, i32.mul(tilesOfAll, chunks), 1, (item) => {
      f.set(tile, i32.divU(item, chunks))
      f.set(kvHead, i32.remU(tile, kvHeads))
      f.set(row, i32.mul(i32.divU(tile, kvHeads), i32.const(tileRows)))
      f.set(rowEnd, i32.min(i32.add(row, i32.const(tileRows)), rows))
      f.set(context.chunk, i32.remU(item, chunks))
      f.while(i32.ltS(row, rowEnd), () => {
        // Rows of one sequence go together; a tile that spans two is done in parts.
        f.set(count, i32.const(1))
        f.while(
          i32.select(
            i32.ltS(i32.add(row, count), rowEnd),
            i32.eq(
              sequenceOfRow(context, row),
              sequenceOfRow(context, i32.min(i32.add(row, count), i32.sub(rowEnd, i32.const(1)))),
            ),
            i32.const(0),
          ),
          () => f.set(count, i32.add(count, i32.const(1))),
        )
        emitTile(f, context)
        f.set(row, i32.add(row, count))
      })
      f.if(few, () => {
        const counter = f.local('ptr', at(field.address(step, attentionFields.counters), tile, 4))
        f.if(i32.eq(i32.add(i32.atomicAdd(counter, i32.const(1)), i32.const(1)), chunks), () => {
          f.do(i32.atomicStore(counter, i32.const(0)))
          f.set(row, i32.mul(i32.divU(tile, kvHeads), i32.const(tileRows)))
          f.while(i32.ltS(row, rowEnd), () => {
            emitMergeRow(f, context, chunks)
            f.set(row, i32.add(row, i32.const(1)))
          })
        })
      })
    })
  })
}
