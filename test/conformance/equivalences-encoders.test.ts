/**
 * The same for models that read a whole text at once: encoders, and encoder-decoders, whose decoder reads a memory of the source. Bit by
 * bit, on models of random weights.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { createMemorySequences, createPagedSequences } from '../../src/models/index.ts'
import type { OpenedModel } from '../../src/models/index.ts'
import {
  assertAlways,
  equivalenceDevices,
  equivalenceModels,
  finiteOutput,
  mixedTexts,
  pieces,
  selectRows,
  texts,
} from './equivalence.ts'
import { expectEqualBits } from './suite.ts'
import type { Device, Program } from './tensor.ts'

const sequences = 4
const cache = { pages: 30, memoryPages: 12, type: 'f32' } as const

for (const device of equivalenceDevices) {
  describe.each(equivalenceModels.filter(({ model }) => isEncoder(model)))(`${device.name}: $name`, ({ model }) => {
    const V = model.weights.get('token_embd.weight')?.shape[0] ?? 0
    const mostTokens = Math.min(device.tokens, model.config.contextLength)
    let hardware: Device
    let program: Program
    beforeAll(async () => {
      hardware = device.create()
      const options = { maxTokens: 2 * mostTokens, maxRows: 2 * mostTokens, cache: { ...cache, sequences } }
      program = await hardware.load(model.graph(), model.weights, options)
    })
    afterAll(() => hardware[Symbol.asyncDispose]())

    /** Reads texts in one run, their tokens in any order. */
    const encode = (documents: readonly (readonly number[])[], order: readonly number[]): Float32Array => {
      const state = createPagedSequences(program, { sequences })
      const own = documents.map((document) => {
        const sequence = state.open()
        state.reserve(sequence, document.length)
        return sequence
      })
      const next = documents.map(() => 0)
      const positions = order.map((which) => next[which]++)
      const outputs = program.run({
        tokens: Int32Array.from(order, (which, index) => documents[which][positions[index]]),
        positions: Int32Array.from(positions),
        sequences: Int32Array.from(order, (which) => own[which]),
        lasts: Int32Array.from(order, (which) => documents[which].length - 1),
        rows: Int32Array.from(order.keys()),
      })
      return finiteOutput(outputs, 'hidden.norm')
    }

    it('two texts of one batch are each alone', () => {
      assertAlways(device, mixedTexts(V, mostTokens), ([first, second, order]) => {
        const together = encode([first, second], order)
        const width = together.length / order.length
        for (const [which, document] of [first, second].entries()) {
          const alone = encode(
            [document],
            document.map(() => 0),
          )
          expectEqualBits(
            selectRows(together, width, (row) => order[row] === which),
            alone,
            `text ${which}`,
          )
        }
      })
    })
  })

  describe.each(equivalenceModels.filter(({ model }) => model.encoderGraph !== undefined))(
    `${device.name}: $name`,
    ({ model }) => {
      const V = model.weights.get('token_embd.weight')?.shape[0] ?? 0
      const mostTokens = Math.min(device.tokens, model.config.contextLength)
      let hardware: Device
      let decoder: Program
      let state: ReturnType<typeof createMemorySequences>
      beforeAll(async () => {
        hardware = device.create()
        const load = (graph: ReturnType<OpenedModel['graph']>, slots: number): Promise<Program> =>
          hardware.load(graph, model.weights, {
            maxTokens: 2 * mostTokens,
            maxRows: 2 * mostTokens,
            cache: { ...cache, sequences: slots },
          })
        const encoder = await load((model.encoderGraph as OpenedModel['graph'])(), 1)
        decoder = await load(model.graph(), sequences)
        state = createMemorySequences(encoder, decoder, { sequences })
      })
      afterAll(() => hardware[Symbol.asyncDispose]())

      const text = texts(V, mostTokens)
      /** Appends tokens to sequences, all in one run; logits of all of them. */
      const append = (added: readonly { readonly sequence: number; readonly token: number }[]): Float32Array => {
        const positions = added.map(({ sequence }) => {
          state.reserve(sequence, state.length(sequence) + 1)
          return state.length(sequence) - 1
        })
        const outputs = decoder.run({
          tokens: Int32Array.from(added, ({ token }) => token),
          positions: Int32Array.from(positions),
          sequences: Int32Array.from(added, ({ sequence }) => sequence),
          lasts: Int32Array.from(added, ({ sequence }) => state.lastOf(sequence)),
          rows: Int32Array.from(added.keys()),
        })
        return finiteOutput(outputs, 'logits')
      }
      const appendText = (sequence: number, tokens: readonly number[]): Float32Array =>
        append(tokens.map((token) => ({ sequence, token })))
      const alone = (source: readonly number[], tokens: readonly number[]): Float32Array => {
        const sequence = state.open(source)
        const logits = appendText(sequence, tokens)
        state.close(sequence)
        return logits
      }

      it('a target in pieces, down to single tokens, is the target at once', () => {
        assertAlways(device, fc.tuple(text, text, pieces(mostTokens)), ([source, tokens, endsOf]) => {
          const sequence = state.open(source)
          const joined = endsOf(tokens.length).flatMap((end) =>
            Array.from(appendText(sequence, tokens.slice(state.length(sequence), end))),
          )
          state.close(sequence)
          expectEqualBits(
            Float32Array.from(joined),
            alone(source, tokens),
            `pieces up to ${endsOf(tokens.length).join()}`,
          )
        })
      })

      it('two targets of one batch, each with its own source, are each alone', () => {
        assertAlways(
          device,
          fc.tuple(text, text, mixedTexts(V, mostTokens)),
          ([one, other, [first, second, order]]) => {
            const want = [alone(one, first), alone(other, second)]
            const own = [state.open(one), state.open(other)]
            const next = [0, 0]
            const logits = append(
              order.map((which) => ({ sequence: own[which], token: [first, second][which][next[which]++] })),
            )
            for (const which of [0, 1]) {
              expectEqualBits(
                selectRows(logits, V, (row) => order[row] === which),
                want[which],
                `target ${which}`,
              )
            }
            own.forEach((sequence) => state.close(sequence))
          },
        )
      })

      it('a forked target is a fresh one, and leaves the other as it was', () => {
        const part = texts(V, Math.floor(mostTokens / 2))
        assertAlways(device, fc.tuple(text, part, part, part), ([source, prefix, first, second]) => {
          const sequence = state.open(source)
          appendText(sequence, prefix)
          const fork = state.fork(sequence)
          const tail = (added: readonly number[]) => alone(source, [...prefix, ...added]).slice(-added.length * V)
          expectEqualBits(appendText(fork, first), tail(first), 'fork')
          expectEqualBits(appendText(sequence, second), tail(second), 'forked')
          state.close(fork)
          state.close(sequence)
        })
      })
    },
  )
}

/** Models of one stack whose tokens see all of their text. */
function isEncoder({ graph, encoderGraph }: OpenedModel): boolean {
  return encoderGraph === undefined && !graph().outputs.has('logits')
}
