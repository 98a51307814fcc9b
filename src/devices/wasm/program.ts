/** A loaded graph: writes the inputs of a run, lets all threads execute the step table, and hands out views of the outputs. */
import type { WasmMemory } from '../../util/platform-types.ts'
import { OstroError } from '../../util/error.ts'
import { blockTypeOf } from '../../quant/index.ts'
import { pageTokens } from '../../tensor/device.ts'
import type { Batch, CachePages, LoadOptions, Program } from '../../tensor/device.ts'
import { joinBytes, splitBytes } from '../../tensor/page-bytes.ts'
import type { ModuleOptions } from './asm/module.ts'
import { tensorAddress } from './bind.ts'
import { control, entryFlags, tableEntryBytes } from './control.ts'
import type { MemoryLayout } from './layout.ts'
import type { Lowered } from './lower.ts'
import type { HostTask } from './lowering/step.ts'
import { compileAttentionShares, type ComputeShares } from './attention-shares.ts'
import { createStretches } from './tapped-run.ts'
import { prepareRoutingGroups } from './routing-groups.ts'
import { createStates } from './states.ts'
import { unpackRow } from './unpack.ts'

/** Time of one step, and what it did. */
export interface StepTime {
  readonly kernel: string
  readonly label: string
  readonly timeMs: number
  readonly multiplyAdds: number
  readonly weightBytes: number
}

export interface WasmProgram extends Program {
  /** As `run`, but step by step with a clock in between. */
  profile(batch: Batch, now: () => number): readonly StepTime[]
  readonly steps: Lowered['steps']
  readonly layout: MemoryLayout
}

export interface ProgramParts {
  readonly memory: WasmMemory
  readonly lowered: Lowered
  readonly layout: MemoryLayout
  readonly options: LoadOptions
  readonly threads: number
  /** Values of vectors that host tasks read, by weight. */
  readonly hostVectors: ReadonlyMap<string, Float32Array>
  readonly execute: (threads: number) => void
  readonly failure: () => OstroError | undefined
  readonly notices: readonly string[]
  /** Of the kernels' module, for others over the same memory. */
  readonly moduleOptions: ModuleOptions
}

export function createProgram(parts: ProgramParts): WasmProgram {
  const { memory, lowered, layout, options, threads } = parts
  const view = new DataView(memory.buffer)
  const words = new Int32Array(memory.buffer, 0, control.bytes / 4)
  const needsLasts = lowered.steps.some(({ fields }) =>
    Object.values(fields).some((value) => value.kind === 'input' && value.name === 'lasts'),
  )
  const workCounters = new Int32Array(memory.buffer, layout.workCounters.address, layout.workCounters.sizeBytes / 4)
  const tasks = lowered.hostTasks.map((task) => prepareTask(task, parts, view))

  const checkThreads = () => {
    if (Atomics.load(words, control.failed / 4) === 0) return
    throw (
      parts.failure() ??
      new OstroError('device', 'wasm device: a helper thread failed during a run. Load the model again.')
    )
  }
  const prepare = (batch: Batch) => {
    checkThreads()
    checkBatch(batch, options)
    if (needsLasts && batch.lasts === undefined) {
      throw new OstroError('invalid-argument', "run: this model needs 'lasts' in the batch.")
    }
    const T = batch.tokens.length
    words[control.tokens / 4] = T
    words[control.rows / 4] = batch.rows.length
    new Int32Array(memory.buffer, layout.inputs.positions, T).set(batch.positions)
    new Int32Array(memory.buffer, layout.inputs.sequences, T).set(batch.sequences)
    new Int32Array(memory.buffer, layout.inputs.rows, batch.rows.length).set(batch.rows)
    new Int32Array(memory.buffer, layout.inputs.lasts, T).set(batch.lasts ?? batch.positions)
    for (const task of tasks) task(batch)
    workCounters.fill(0)
  }
  const start = () => {
    Atomics.add(words, control.runNumber / 4, 1)
    if (Atomics.load(words, control.runSleepers / 4) > 0) Atomics.notify(words, control.runNumber / 4)
    parts.execute(threads)
  }
  const stretches = createStretches(memory, lowered, layout)
  return {
    makes: stretches.makes,
    run(batch, taps = []) {
      prepare(batch)
      stretches.run(batch, taps, start)
      checkThreads()
      const results = new Map<string, Float32Array>()
      for (const [name, { tensor, rows, width }] of lowered.outputs) {
        const count = (rows === 'T' ? batch.tokens.length : rows === 'R' ? batch.rows.length : rows) * width
        results.set(name, new Float32Array(memory.buffer, tensorAddress(layout, tensor), count))
      }
      return results
    },
    profile(batch, now) {
      prepare(batch)
      try {
        words[control.stepCount / 4] = 1
        return lowered.steps.map((step, index) => {
          const entry = layout.stepTable + index * tableEntryBytes
          const flags = view.getInt32(entry + 4, true)
          view.setInt32(entry + 4, entryFlags.barrier, true)
          view.setBigUint64(control.stepTable, BigInt(entry), true)
          const before = now()
          start()
          const timeMs = now() - before
          view.setInt32(entry + 4, flags, true)
          const rows = step.rows === 'T' ? batch.tokens.length : step.rows === 'R' ? batch.rows.length : step.rows
          const place = layout.matmuls.get(step.work.weight ?? '')
          return {
            kernel: step.kernel,
            label: step.label,
            timeMs,
            multiplyAdds: step.work.multiplyAdds * rows,
            weightBytes: (place?.sizeBytes ?? 0) * Math.min(1, rows * (step.work.weightShare ?? 1)),
          }
        })
      } finally {
        words[control.stepCount / 4] = lowered.steps.length
        view.setBigUint64(control.stepTable, BigInt(layout.stepTable), true)
      }
    },
    caches: createPages(parts),
    states: createStates(memory, layout.states, parts.moduleOptions),
    bytes: layout.bytes,
    notices: parts.notices,
    steps: lowered.steps,
    layout,
  }
}

function checkBatch({ tokens, positions, sequences, rows }: Batch, { maxTokens, maxRows, cache }: LoadOptions): void {
  const refuse = (expected: string, got: string): never => {
    throw new OstroError('invalid-argument', `Program.run: expected ${expected}, got ${got}.`)
  }
  if (tokens.length < 1 || tokens.length > maxTokens) refuse(`1 to ${maxTokens} tokens`, `${tokens.length}`)
  if (positions.length !== tokens.length) refuse(`${tokens.length} positions`, `${positions.length}`)
  if (sequences.length !== tokens.length) refuse(`${tokens.length} sequences`, `${sequences.length}`)
  if (rows.length > maxRows) refuse(`at most ${maxRows} rows`, `${rows.length}`)
  for (const row of rows) if (row < 0 || row >= tokens.length) refuse(`rows below ${tokens.length}`, `${row}`)
  for (const s of sequences) if (s < 0 || s >= cache.sequences) refuse(`sequences below ${cache.sequences}`, `${s}`)
  for (const p of positions) {
    if (p < 0 || p >= cache.pages * pageTokens) refuse(`positions below ${cache.pages * pageTokens}`, `${p}`)
  }
}

function prepareTask(
  task: HostTask,
  { memory, layout, options, hostVectors }: ProgramParts,
  view: DataView,
): (batch: Batch) => void {
  const address = tensorAddress(layout, task.output)
  switch (task.kind) {
    case 'embedding': {
      const { width } = task
      const matmul = layout.matmuls.get(task.weight)
      const table = layout.tables.get(task.weight)
      const vocabulary = ((matmul ?? table)?.source.shape[0] ?? 0) as number
      const all = new Float32Array(memory.buffer, address, options.maxTokens * width)
      const rowBytes = table === undefined ? 0 : table.source.sizeBytes / vocabulary
      const floats =
        table?.source.type === 'f32' ? new Float32Array(memory.buffer, table.address, vocabulary * width) : undefined
      const read = (token: number, into: Float32Array) => {
        if (floats !== undefined) into.set(floats.subarray(token * width, (token + 1) * width))
        else if (matmul !== undefined) unpackRow(matmul.format, view, matmul.address, token, into)
        else if (table !== undefined) {
          const bytes = new Uint8Array(memory.buffer, table.address + token * rowBytes, rowBytes)
          blockTypeOf(table.source.type).decode(bytes, into)
        }
      }
      return (batch) => {
        const ids = batch[task.ids]
        if (ids === undefined) {
          for (let index = 0; index < batch.tokens.length; index++)
            read(0, all.subarray(index * width, (index + 1) * width))
          return
        }
        ids.forEach((token, index) => {
          if (token < 0 || token >= vocabulary) {
            throw new OstroError(
              'invalid-argument',
              `Program.run: expected ${task.ids} below ${vocabulary}, got ${token}.`,
            )
          }
          read(token, all.subarray(index * width, (index + 1) * width))
        })
      }
    }
    case 'routing-groups':
      return prepareRoutingGroups(task, memory.buffer, address)
    case 'rope-factors': {
      const { pairs, style, scale } = task
      const inverse = hostVectors.get(task.weight) ?? new Float32Array(pairs)
      const rotary = pairs * 2
      const factors = new Float32Array(memory.buffer, address, options.maxTokens * rotary * 2)
      return ({ positions }) => {
        positions.forEach((position, index) => {
          const at = index * rotary * 2
          for (let i = 0; i < pairs; i++) {
            // The oracle multiplies in f32 before it takes the cosine; at large positions that is visible.
            const angle = Math.fround(position * (inverse[i] as number))
            const cosine = Math.cos(angle) * scale
            const sine = Math.sin(angle) * scale
            const first = style === 'neox' ? i : 2 * i
            const second = style === 'neox' ? i + pairs : 2 * i + 1
            factors[at + first] = cosine
            factors[at + second] = cosine
            factors[at + rotary + first] = -sine
            factors[at + rotary + second] = sine
          }
        })
      }
    }
  }
}

function createPages({ memory, layout, options, moduleOptions }: ProgramParts): CachePages {
  const compiled = new Map<number, ComputeShares>()
  const sharesOf = (cache: number) => {
    const { group } = layout.pages[cache] as (typeof layout.pages)[number]
    const { members, caches } = layout.groups[group] as (typeof layout.groups)[number]
    const { headDim } = caches[members.indexOf(cache)] as (typeof caches)[number]
    const computeShares = compiled.get(headDim) ?? compileAttentionShares(memory, moduleOptions, layout.codec, headDim)
    compiled.set(headDim, computeShares)
    return { headDim, computeShares }
  }
  const tables = layout.pageTables.map(
    (address) => new Int32Array(memory.buffer, address, options.cache.sequences * layout.tablePages),
  )
  const check = (name: string, value: number, below: number) => {
    if (Number.isInteger(value) && value >= 0 && value < below) return
    throw new OstroError('invalid-argument', `cache pages: expected ${name} below ${below}, got ${value}.`)
  }
  /** Keys, then values, of each head of each layer of a group. */
  const partsOf = (group: number, page: number): Uint8Array[] => {
    check('group', group, tables.length)
    const { members, caches, pages } = layout.groups[group] as (typeof layout.groups)[number]
    check('page', page, pages)
    return members.flatMap((cache, index) => {
      const { kvHeads, headDim } = caches[index] as (typeof caches)[number]
      const { count, keys, values } = layout.pages[cache] as (typeof layout.pages)[number]
      const sides = [
        [keys, layout.codec.keyBytes(headDim)],
        [values, layout.codec.valueBytes(headDim)],
      ] as const
      return sides.flatMap(([base, size]) =>
        Array.from({ length: kvHeads }, (_, head) => {
          return new Uint8Array(memory.buffer, base + (head * count + page) * size, size)
        }),
      )
    })
  }
  return {
    groups: layout.groups,
    setPage(group, sequence, index, page) {
      check('group', group, tables.length)
      check('sequence', sequence, options.cache.sequences)
      check('page index', index, layout.tablePages)
      check('page', page, (layout.groups[group] as { pages: number }).pages)
      const table = tables[group] as Int32Array
      table[sequence * layout.tablePages + index] = page
    },
    copyPage(group, from, to) {
      const source = partsOf(group, from)
      partsOf(group, to).forEach((part, index) => part.set(source[index] as Uint8Array))
    },
    attentionShares(cache, query) {
      const { group, count, keys } = layout.pages[cache] as (typeof layout.pages)[number]
      const { headDim, computeShares } = sharesOf(cache)
      const places = layout.attentionShares
      new Float32Array(memory.buffer, places.query, headDim).set(query.values)
      const table = (layout.pageTables[group] as number) + query.sequence * layout.tablePages * 4
      const own = keys + query.keyHead * count * layout.codec.keyBytes(headDim)
      const address = computeShares({ ...places, keys: own, table }, query)
      return new Float32Array(memory.buffer, address, query.to - query.from)
    },
    readPage: (group, page) => joinBytes(partsOf(group, page)),
    writePage: (group, page, bytes) => splitBytes(bytes, partsOf(group, page)),
  }
}
