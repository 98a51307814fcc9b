/**
 * What must be equal in every decoder without any oracle: a prompt in pieces, beside others, in a used slot, or after a fork is the
 * prompt alone. All of it bit by bit, on models of random weights.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { architectures, createPagedSequences } from '../../src/models/index.ts'
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
import type { Device, Graph, Program } from './tensor.ts'

const sequences = 4

it('every architecture of the registry is among the models', () => {
  const missing = architectures.filter(
    (architecture) => !equivalenceModels.some(({ model }) => model.architecture === architecture),
  )
  expect(missing.map(({ names }) => names)).toEqual([])
})

for (const device of equivalenceDevices) {
  describe.each(equivalenceModels.filter(({ model }) => isDecoder(model)))(`${device.name}: $name`, ({ model }) => {
    const graph = model.graph()
    const V = model.weights.get('token_embd.weight')?.shape[0] ?? 0
    let hardware: Device
    let program: Program
    let state: ReturnType<typeof createPagedSequences>

    const load = (from: Graph): Promise<Program> =>
      hardware.load(from, model.weights, {
        maxTokens: 2 * device.tokens,
        maxRows: 2 * device.tokens,
        cache: { pages: 40, sequences, type: 'f32', checkpoints: 4 },
      })
    beforeAll(async () => {
      hardware = device.create()
      program = await load(graph)
      state = createPagedSequences(program, { sequences })
    })
    afterAll(() => hardware[Symbol.asyncDispose]())

    const text = texts(V, device.tokens)
    /** Appends tokens to a sequence in one run; logits of all of them. */
    const append = (sequence: number, tokens: readonly number[]): Float32Array => {
      const length = state.length(sequence)
      state.reserve(sequence, length + tokens.length)
      return runTokens(program, sequence, length, tokens)
    }
    const withSequence = <T>(use: (sequence: number) => T): T => {
      const sequence = state.open()
      try {
        return use(sequence)
      } finally {
        state.close(sequence)
      }
    }
    const alone = (tokens: readonly number[]): Float32Array => withSequence((sequence) => append(sequence, tokens))

    it('a prompt in pieces, down to single tokens, is the prompt at once', () => {
      assertAlways(device, fc.tuple(text, pieces(device.tokens)), ([tokens, endsOf]) => {
        const joined = withSequence((sequence) =>
          endsOf(tokens.length).flatMap((end) =>
            Array.from(append(sequence, tokens.slice(state.length(sequence), end))),
          ),
        )
        expectEqualBits(Float32Array.from(joined), alone(tokens), `pieces up to ${endsOf(tokens.length).join()}`)
      })
    })

    it('two sequences of one batch are each alone', () => {
      assertAlways(device, mixedTexts(V, device.tokens), ([first, second, order]) => {
        const want = [alone(first), alone(second)]
        const own = [state.open(), state.open()]
        const next = [0, 0]
        const positions = order.map((which) => next[which]++)
        own.forEach((sequence, which) => state.reserve(sequence, [first, second][which].length))
        const outputs = program.run({
          tokens: Int32Array.from(order, (which, index) => [first, second][which][positions[index]]),
          positions: Int32Array.from(positions),
          sequences: Int32Array.from(order, (which) => own[which]),
          rows: Int32Array.from(order.keys()),
        })
        const logits = finiteOutput(outputs, 'logits')
        for (const which of [0, 1]) {
          expectEqualBits(
            selectRows(logits, V, (row) => order[row] === which),
            want[which],
            `sequence ${which}`,
          )
        }
        own.forEach((sequence) => state.close(sequence))
      })
    })

    it('a document is the same in a slot that another has used', () => {
      assertAlways(device, fc.tuple(text, text), ([before, tokens]) => {
        const want = alone(tokens)
        const got = withSequence((sequence) => {
          append(sequence, before)
          state.truncate(sequence, 0)
          return append(sequence, tokens)
        })
        expectEqualBits(got, want, 'after another document')
      })
    })

    it('a forked continuation is a fresh one, and leaves the other as it was', () => {
      const part = texts(V, Math.floor(device.tokens / 3))
      assertAlways(device, fc.tuple(part, part, part, part), ([prefix, first, second, last]) => {
        const sequence = state.open()
        append(sequence, prefix)
        state.checkpoint(sequence)
        append(sequence, first)
        const fork = state.fork(sequence)
        expect(state.restorable(fork, prefix.length)).toBe(prefix.length)
        state.truncate(fork, prefix.length)
        const tail = (tokens: readonly number[], count: number) => alone(tokens).slice(-count * V)
        expectEqualBits(append(fork, second), tail([...prefix, ...second], second.length), 'fork')
        expectEqualBits(append(sequence, last), tail([...prefix, ...first, ...last], last.length), 'forked')
        state.close(fork)
        state.close(sequence)
      })
    })

    // Attention stores all keys of a run before it reads any, so there two documents need two sequences.
    if (graph.caches.length === 0) {
      it('documents packed into one run of one sequence are each alone', () => {
        assertAlways(device, fc.tuple(text, text), (documents) => {
          const outputs = program.run({
            tokens: Int32Array.from(documents.flat()),
            positions: Int32Array.from(documents.flatMap((document) => [...document.keys()])),
            sequences: new Int32Array(documents.flat().length),
            rows: Int32Array.from(documents.flat().keys()),
          })
          const packed = finiteOutput(outputs, 'logits')
          const want = documents.flatMap((document) => Array.from(alone(document)))
          expectEqualBits(packed, Float32Array.from(want), 'packed')
        })
      })
    }

    if (graph.caches.some(({ window }) => window !== undefined)) {
      it('a window of all tokens is no window', async () => {
        const wide = await load(withWindow(model.graph(), device.tokens))
        const full = await load(withWindow(model.graph(), undefined))
        const run = (on: Program, tokens: readonly number[]): Float32Array => {
          const pages = createPagedSequences(on, { sequences })
          const sequence = pages.open()
          pages.reserve(sequence, tokens.length)
          return runTokens(on, sequence, 0, tokens)
        }
        assertAlways(device, text, (tokens) => expectEqualBits(run(wide, tokens), run(full, tokens), 'window'))
      })
    }
  })
}

/** Models of one stack whose tokens see only what is before them. */
function isDecoder({ graph, encoderGraph }: OpenedModel): boolean {
  return encoderGraph === undefined && graph().outputs.has('logits')
}

function runTokens(program: Program, sequence: number, start: number, tokens: readonly number[]): Float32Array {
  const outputs = program.run({
    tokens: Int32Array.from(tokens),
    positions: Int32Array.from(tokens, (_, index) => start + index),
    sequences: new Int32Array(tokens.length).fill(sequence),
    rows: Int32Array.from(tokens.keys()),
  })
  return finiteOutput(outputs, 'logits')
}

/** The graph with all its windows changed. */
function withWindow(graph: Graph, window: number | undefined): Graph {
  const change = <T extends object>(holder: T): T =>
    'window' in holder && holder.window !== undefined ? { ...holder, window } : holder
  graph.caches.splice(0, graph.caches.length, ...graph.caches.map(change))
  const nodes = graph.nodes.map((node) => ({ ...node, attributes: change(node.attributes) }))
  graph.nodes.splice(0, graph.nodes.length, ...nodes)
  return graph
}
