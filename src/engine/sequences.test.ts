import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch, Program, StateSlots } from '../tensor/device.ts'
import { pageTokens } from '../tensor/device.ts'
import { OstroError } from '../util/error.ts'
import { createSequences, type Sequence, type Sequences, type SequencesOptions } from './sequences.ts'

/**
 * A program whose cache is the tokens themselves: a row is a hash of all tokens that its sequence sees through the page table.
 * Whatever is shared, forked, evicted or run together, it must be the hash of the sequence's own tokens.
 */
function mirrorProgram(pages: number, sequences: number) {
  const store = new Int32Array(pages * pageTokens)
  const tables = Array.from({ length: sequences }, () => new Map<number, number>())
  const runs: { readonly slots: number; readonly tokens: number }[] = []
  let poison: number | undefined
  const place = (sequence: number, position: number): number => {
    const page = tables[sequence].get(Math.floor(position / pageTokens))
    if (page === undefined) throw new Error('no page')
    return page * pageTokens + (position % pageTokens)
  }
  const program: Program = {
    run: ({ tokens, positions, sequences: slots, rows }: Batch) => {
      runs.push({ slots: new Set(slots).size, tokens: tokens.length })
      tokens.forEach((token, index) => {
        store[place(slots[index], positions[index])] = token
      })
      if (poison !== undefined && tokens.includes(poison)) throw new OstroError('device', 'poisoned')
      const seen = (index: number) =>
        Array.from({ length: positions[index] + 1 }, (_, at) => store[place(slots[index], at)])
      return new Map([['logits', Float32Array.from(rows, (row) => hash(seen(row)))]])
    },
    makes: () => false,
    notices: [],
    caches: {
      groups: [{ window: undefined, caches: [{ kvHeads: 1, headDim: 1, window: undefined }], pages }],
      setPage: (_, sequence, index, page) => void tables[sequence].set(index, page),
      copyPage: (_, from, to) => void store.copyWithin(to * pageTokens, from * pageTokens, (from + 1) * pageTokens),
      attentionShares: () => new Float32Array(0),
      readPage: () => new Uint8Array(0),
      writePage: () => {},
    },
    states: noStates,
    bytes: { weights: 0, arena: 0, cache: 0 },
  }
  return { program, runs, poisonWith: (token: number | undefined) => (poison = token) }
}

const noStates: StateSlots = {
  specs: [],
  slots: 3,
  slotBytes: 0,
  copy: () => {},
  read: () => new Float32Array(0),
  write: () => {},
}

function hash(tokens: readonly number[]): number {
  return tokens.reduce((sum, token) => (sum * 31 + token + 1) % 65_521, 7)
}

const options: SequencesOptions = {
  contextTokens: 256,
  chunkTokens: 50,
  maxRows: 8,
  vocabularySize: 100,
  slots: 3,
  mostWaiting: 4,
}
const never = new AbortController().signal
const fullPages = Math.ceil(options.contextTokens / pageTokens)

/** Leases a sequence and goes back to what it shares with the prompt, as generation does. */
async function lease(sequences: Sequences, prompt: readonly number[], key?: string, answerTokens = 1) {
  const lengthTokens = prompt.length + answerTokens
  const sequence = await sequences.acquire({ prompt, lengthTokens, key }, never)
  const common = sequence.tokens.findIndex((token, at) => token !== prompt[at])
  const held = common < 0 ? sequence.tokens.length : common
  const cached = sequence.truncate(Math.min(held, prompt.length - 1))
  return { sequence, cached }
}

async function read(sequence: Sequence, tokens: readonly number[], signal?: AbortSignal): Promise<number | undefined> {
  let logits: Float32Array | undefined
  for (let at = 0; at < tokens.length;) {
    const result = await sequence.run(tokens.slice(at), signal)
    at += result.readTokens
    logits = result.logits
  }
  return logits?.[0]
}

const numbers = (length: number, from = 0): number[] =>
  Array.from({ length }, (_, index) => (from + index * 7) % options.vocabularySize)

describe('sequences', () => {
  it('every prompt sees exactly its own tokens, whatever came before and runs beside', async () => {
    const piece = fc.record({ letter: fc.nat(2), length: fc.integer({ min: 1, max: 60 }) })
    const prompt = fc.array(piece, { minLength: 1, maxLength: 2 })
    const request = fc.record({ prompt, answer: fc.nat(70), delay: fc.nat(3) })
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 7 }), async (requests) => {
        // Room for little more than one full sequence, so that sequences have to wait and to give way.
        const { program } = mirrorProgram(fullPages + 1, 3)
        const sequences = createSequences(program, { ...options, mostWaiting: 10 })
        const answer = async ({ prompt: pieces, answer: length, delay }: (typeof requests)[number]): Promise<void> => {
          for (let wait = 0; wait < delay; wait++) await new Promise((resolve) => setImmediate(resolve))
          const tokens = pieces.flatMap(({ letter, length: count }) => new Array<number>(count).fill(letter))
          const { sequence, cached } = await lease(sequences, tokens)
          try {
            expect(await read(sequence, tokens.slice(cached))).toBe(hash(tokens))
            for (let step = 0; step < length; step++) {
              tokens.push(step % 5)
              expect(await read(sequence, [step % 5])).toBe(hash(tokens))
            }
            expect(sequence.tokens).toEqual(tokens)
          } finally {
            sequence.release()
          }
        }
        await Promise.all(requests.map(answer))
      }),
      { numRuns: 150 },
    )
  })

  it('continues, branches, or starts anew by what is shared', async () => {
    const sequences = createSequences(mirrorProgram(20, 3).program, options)
    const shared = numbers(40)
    const first = await lease(sequences, shared)
    await read(first.sequence, shared)
    first.sequence.release()
    const again = await lease(sequences, [...shared, 1])
    expect([again.sequence.slot, again.cached]).toEqual([first.sequence.slot, 40])
    const branch = await lease(sequences, [...shared.slice(0, 30), 99, 98])
    expect(branch.sequence.slot).not.toBe(again.sequence.slot)
    expect([branch.cached, again.sequence.tokens]).toEqual([30, shared])
    branch.sequence.release()
    expect((await lease(sequences, [0, 1, 99])).cached).toBe(0)
  })

  it('branches off a sequence that is at work, and keeps keys apart', async () => {
    const sequences = createSequences(mirrorProgram(20, 3).program, options)
    const shared = numbers(40)
    const first = await lease(sequences, shared, 'a')
    await read(first.sequence, shared)
    const beside = await lease(sequences, shared, 'a')
    expect([beside.sequence.slot === first.sequence.slot, beside.cached]).toEqual([false, 39])
    expect(await read(beside.sequence, shared.slice(39))).toBe(hash(shared))
    expect(await read(first.sequence, [5])).toBe(hash([...shared, 5]))
    first.sequence.release()
    beside.sequence.release()
    for (const key of ['b', undefined, '']) {
      const other = await lease(sequences, shared, key)
      expect(other.cached).toBe(0)
      other.sequence.release()
    }
    expect((await lease(sequences, shared, 'a')).cached).toBe(39)
  })

  it('waits for pages and slots in order, and no more than so many', async () => {
    const sequences = createSequences(mirrorProgram(fullPages + 1, 3).program, options)
    const big = await lease(sequences, numbers(200), undefined, 50)
    const order: string[] = []
    const second = lease(sequences, numbers(100, 1)).then(({ sequence }) => (order.push('second'), sequence))
    const third = lease(sequences, numbers(10, 2)).then(({ sequence }) => (order.push('third'), sequence))
    const controller = new AbortController()
    const given = sequences.acquire({ prompt: [1], lengthTokens: 2 }, controller.signal)
    void sequences.acquire({ prompt: [2], lengthTokens: 2 }, never)
    await expect(lease(sequences, [3])).rejects.toMatchObject({ code: 'overloaded', fields: { waiting: 4 } })
    controller.abort()
    await expect(given).rejects.toMatchObject({ code: 'aborted' })
    await Promise.resolve()
    expect(order).toEqual([])
    big.sequence.release()
    await Promise.all([second, third])
    expect(order).toEqual(['second', 'third'])
  })

  it('counts what branches share once', async () => {
    const sequences = createSequences(mirrorProgram(fullPages + 2, 3).program, options)
    const shared = numbers(192)
    const first = await lease(sequences, shared)
    await read(first.sequence, shared)
    // Each of them alone would need 4 of the 6 pages.
    const branches = await Promise.all([lease(sequences, [...shared, 1]), lease(sequences, [...shared, 2])])
    expect(branches.map(({ cached }) => cached)).toEqual([192, 192])
    const rows = await Promise.all(branches.map(({ sequence }, index) => read(sequence, [index + 1])))
    expect(rows).toEqual([hash([...shared, 1]), hash([...shared, 2])])
  })

  it('lets one read what several begin with at the same time', async () => {
    const { program, runs } = mirrorProgram(20, 3)
    const sequences = createSequences(program, options)
    const common = numbers(150)
    const ask = async (last: number, signal: AbortSignal = never): Promise<number> => {
      const prompt = [...common, last]
      const sequence = await sequences.acquire({ prompt, lengthTokens: prompt.length + 5 }, signal)
      try {
        const cached = sequence.truncate(Math.min(sequence.tokens.length, common.length))
        expect(await read(sequence, prompt.slice(cached), signal)).toBe(hash(prompt))
        return cached
      } finally {
        sequence.release()
      }
    }
    const gone = new AbortController()
    const left = ask(4, gone.signal)
    const others = Promise.all([ask(1), ask(2), ask(3)])
    // The reader goes away, so another one has to begin.
    gone.abort()
    await expect(left).rejects.toMatchObject({ code: 'aborted' })
    expect(await others).toEqual([0, 150, 150])
    expect(runs.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(153)
  })

  it('waits for another reader no longer than its signal, and lets strangers pass', async () => {
    const sequences = createSequences(mirrorProgram(20, 3).program, options)
    const common = numbers(150)
    const reader = await lease(sequences, common)
    const controller = new AbortController()
    const waits = sequences.acquire({ prompt: [...common, 1], lengthTokens: 152 }, controller.signal)
    const stranger = await lease(sequences, numbers(150, 3))
    expect(stranger.cached).toBe(0)
    controller.abort()
    await expect(waits).rejects.toMatchObject({ code: 'aborted' })
    expect(await read(reader.sequence, common)).toBe(hash(common))
  })

  it('takes pages from the youngest at work, who runs its tokens again when there is room', async () => {
    const { program, runs } = mirrorProgram(fullPages, 3)
    const sequences = createSequences(program, options)
    const old = await lease(sequences, numbers(100))
    const young = await lease(sequences, numbers(60, 3))
    await Promise.all([read(old.sequence, numbers(100)), read(young.sequence, numbers(60, 3))])
    // Both were let in for little, and both want more than there is.
    const grow = numbers(150, 5)
    let youngDone = false
    const youngGrows = read(young.sequence, grow).then((row) => ((youngDone = true), row))
    expect(await read(old.sequence, grow)).toBe(hash([...numbers(100), ...grow]))
    expect(youngDone).toBe(false)
    old.sequence.release()
    expect(await youngGrows).toBe(hash([...numbers(60, 3), ...grow]))
    expect(runs.every(({ tokens }) => tokens <= options.chunkTokens)).toBe(true)
  })

  it('loses nothing to callers that go away at any moment', async () => {
    const call = fc.record({ tokens: fc.integer({ min: 1, max: 150 }), goesAfter: fc.nat(12), key: fc.nat(2) })
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 8 }), async (calls) => {
        const { program } = mirrorProgram(fullPages + 1, 3)
        const sequences = createSequences(program, { ...options, mostWaiting: 10 })
        const one = async ({ tokens, goesAfter, key }: (typeof calls)[number]): Promise<void> => {
          const controller = new AbortController()
          const leaves = (async () => {
            for (let turn = 0; turn < goesAfter; turn++) await new Promise((resolve) => setImmediate(resolve))
            controller.abort()
          })()
          const { signal } = controller
          const request = { prompt: numbers(tokens, key), lengthTokens: tokens + 40, key: String(key) }
          try {
            const sequence = await sequences.acquire(request, signal)
            try {
              sequence.truncate(0)
              for (const piece of [request.prompt, ...new Array<number[]>(60).fill([3])]) {
                const row = await read(sequence, piece, signal)
                expect(row).toBe(hash(sequence.tokens))
              }
            } finally {
              sequence.release()
            }
          } catch (error) {
            expect(error).toMatchObject({ code: 'aborted' })
          }
          await leaves
        }
        await Promise.all(calls.map(one))
        const whole = numbers(options.contextTokens, 50)
        const { sequence } = await lease(sequences, whole)
        expect(await read(sequence, whole)).toBe(hash(whole))
      }),
      { numRuns: 150 },
    )
  })

  it('keeps nothing of a sequence whose run failed, and everything of the others', async () => {
    const { program, poisonWith } = mirrorProgram(20, 3)
    const sequences = createSequences(program, options)
    const [sick, sound] = [await lease(sequences, [1, 2]), await lease(sequences, [4, 5])]
    await Promise.all([read(sick.sequence, [1, 2]), read(sound.sequence, [4, 5])])
    poisonWith(66)
    const both = await Promise.allSettled([read(sick.sequence, [66]), read(sound.sequence, [6])])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
    expect(both[1]).toMatchObject({ value: hash([4, 5, 6]) })
    expect(sick.sequence.tokens).toEqual([])
    expect(await read(sick.sequence, [5])).toBe(hash([5]))
  })
})
