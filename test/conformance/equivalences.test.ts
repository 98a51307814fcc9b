/**
 * What must be equal in every architecture without any oracle: a prompt in pieces, beside others, in a used slot, or after a fork is the
 * prompt alone. All of it bit by bit, on models of random weights.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createReferenceDevice } from '../../src/devices/reference/index.ts'
import { createWasmDevice } from '../../src/devices/wasm/index.ts'
import { architectures, createPagedSequences } from '../../src/models/index.ts'
import type { OpenedModel } from '../../src/models/index.ts'
import { randomModels } from '../support/random-architectures.ts'
import { expectEqualBits } from './suite.ts'
import type { Device, Graph, Program } from './tensor.ts'

/** `tokens`: more than a page of keys on the fast device. `runs`: of each property. */
const devices: readonly {
  readonly name: string
  readonly create: () => Device
  readonly tokens: number
  readonly runs: number
}[] = [
  { name: 'reference', create: createReferenceDevice, tokens: 14, runs: 3 },
  { name: 'wasm', create: () => createWasmDevice(), tokens: 80, runs: 8 },
]
const sequences = 4

const models = await Promise.all(randomModels().map(async ({ name, open }) => ({ name, model: await open(1) })))

it('every architecture of the registry is among the models', () => {
  const missing = architectures.filter(
    (architecture) => !models.some(({ model }) => model.architecture === architecture),
  )
  expect(missing.map(({ names }) => names)).toEqual([])
})

for (const device of devices) {
  describe.each(models.filter(({ model }) => isDecoder(model)))(`${device.name}: $name`, ({ model }) => {
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

    const text = fc.array(fc.nat(V - 1), { minLength: 1, maxLength: device.tokens })
    const check = <T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => void): void => {
      fc.assert(fc.property(arbitrary, property), { numRuns: device.runs, seed: 7 })
    }
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
      const pieces = fc.tuple(text, fc.array(fc.nat(device.tokens), { maxLength: 5 }), fc.boolean())
      check(pieces, ([tokens, cuts, single]) => {
        const ends = single
          ? tokens.map((_, index) => index + 1)
          : [...cuts.filter((cut) => cut < tokens.length), tokens.length]
        const joined = withSequence((sequence) =>
          ends
            .toSorted((a, b) => a - b)
            .flatMap((end) => {
              const start = state.length(sequence)
              return end > start ? Array.from(append(sequence, tokens.slice(start, end))) : []
            }),
        )
        expectEqualBits(Float32Array.from(joined), alone(tokens), `pieces ${ends.join()}`)
      })
    })

    it('two sequences of one batch are each alone', () => {
      check(fc.tuple(text, text, fc.infiniteStream(fc.boolean())), ([first, second, turns]) => {
        const want = [alone(first), alone(second)]
        const own = [state.open(), state.open()]
        const order = interleave(first.length, second.length, turns)
        const texts = [first, second]
        const next = [0, 0]
        own.forEach((sequence, which) => state.reserve(sequence, texts[which].length))
        const positions = order.map((which) => next[which]++)
        const logits = program
          .run({
            tokens: Int32Array.from(order, (which, index) => texts[which][positions[index]]),
            positions: Int32Array.from(positions),
            sequences: Int32Array.from(order, (which) => own[which]),
            rows: Int32Array.from(order.keys()),
          })
          .get('logits') as Float32Array
        const rows = (which: number) =>
          Float32Array.from(
            order.flatMap((owner, row) => (owner === which ? Array.from(logits.subarray(row * V, (row + 1) * V)) : [])),
          )
        want.forEach((expected, which) => expectEqualBits(rows(which), expected, `sequence ${which}`))
        own.forEach((sequence) => state.close(sequence))
      })
    })

    it('a document is the same in a slot that another has used', () => {
      check(fc.tuple(text, text), ([before, tokens]) => {
        const want = alone(tokens)
        const got = withSequence((sequence) => {
          append(sequence, before)
          state.truncate(sequence, 0)
          return append(sequence, tokens)
        })
        expectEqualBits(got, want, 'after another document')
      })
    })

    it.skipIf(graph.caches.length > 0)('documents packed into one run of one sequence are each alone', () => {
      check(fc.tuple(text, text), (documents) => {
        const tokens = documents.flat()
        const logits = program
          .run({
            tokens: Int32Array.from(tokens),
            positions: Int32Array.from(documents.flatMap((document) => [...document.keys()])),
            sequences: new Int32Array(tokens.length),
            rows: Int32Array.from(tokens.keys()),
          })
          .get('logits') as Float32Array
        const packed = logits.slice()
        expectEqualBits(
          packed,
          Float32Array.from(documents.flatMap((document) => Array.from(alone(document)))),
          'packed',
        )
      })
    })

    it('a forked continuation is a fresh one, and leaves the other as it was', () => {
      const third = fc.array(fc.nat(V - 1), { minLength: 1, maxLength: Math.floor(device.tokens / 3) })
      check(fc.tuple(third, third, third, third), ([prefix, first, second, last]) => {
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

    it.skipIf(graph.caches.every(({ window }) => window === undefined))(
      'a window of all tokens is no window',
      async () => {
        const wide = await load(withWindow(model.graph(), device.tokens))
        const full = await load(withWindow(model.graph(), undefined))
        const run = (on: Program, tokens: readonly number[]): Float32Array => {
          const pages = createPagedSequences(on, { sequences })
          const sequence = pages.open()
          pages.reserve(sequence, tokens.length)
          return runTokens(on, sequence, 0, tokens)
        }
        check(text, (tokens) => expectEqualBits(run(wide, tokens), run(full, tokens), 'window'))
      },
    )
  })
}

/** Models of one stack whose tokens see only what is before them. */
function isDecoder({ graph, architecture }: OpenedModel): boolean {
  return architecture.forwardEncoder === undefined && graph().outputs.has('logits')
}

function runTokens(program: Program, sequence: number, start: number, tokens: readonly number[]): Float32Array {
  const logits = program
    .run({
      tokens: Int32Array.from(tokens),
      positions: Int32Array.from(tokens, (_, index) => start + index),
      sequences: new Int32Array(tokens.length).fill(sequence),
      rows: Int32Array.from(tokens.keys()),
    })
    .get('logits')
  if (logits === undefined) throw new Error('the model gives no logits')
  return logits.slice()
}

/** Which of two texts comes next, until both are at their end. */
function interleave(first: number, second: number, turns: Iterator<boolean>): number[] {
  const left = [first, second]
  const order: number[] = []
  while (left[0] + left[1] > 0) {
    const wanted = turns.next().value === true ? 1 : 0
    const which = left[wanted] > 0 ? wanted : 1 - wanted
    left[which]--
    order.push(which)
  }
  return order
}

/** The graph with all its windows changed. */
function withWindow(graph: Graph, window: number | undefined): Graph {
  const change = <T extends object>(holder: T): T =>
    'window' in holder && holder.window !== undefined ? { ...holder, window } : holder
  graph.caches.splice(0, graph.caches.length, ...graph.caches.map(change))
  graph.nodes.splice(
    0,
    graph.nodes.length,
    ...graph.nodes.map((node) => ({ ...node, attributes: change(node.attributes) })),
  )
  return graph
}
