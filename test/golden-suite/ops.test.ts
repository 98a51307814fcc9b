/** Every operation of the golden set, forward, written as a graph and run on each device. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createReferenceDevice } from '../../src/devices/reference/index.ts'
import { createWasmDevice } from '../../src/devices/wasm/index.ts'
import type { Device } from '../../src/tensor/index.ts'
import { goldenRoot, readGoldenTensors } from '../support/golden.ts'
import { opWriters, OpCase } from './op-writers.ts'
import { describeFolder, expectClose, mapPages, readJson } from './support.ts'
import type { Tolerance } from './support.ts'

/** A device is one line here; `lacks` names the golden ops that it must refuse, because it has no kernel for them. */
const devices: readonly {
  readonly name: string
  readonly create: () => Promise<Device>
  readonly lacks: readonly string[]
}[] = [
  { name: 'reference', create: async () => createReferenceDevice(), lacks: [] },
  {
    name: 'wasm',
    create: async () => createWasmDevice(),
    lacks: ['cross_entropy', 'logsumexp'],
  },
]

interface OpsInfo {
  readonly ops: Readonly<Record<string, { readonly parameters: Readonly<Record<string, unknown>> }>>
  readonly tolerance: { readonly all: Tolerance }
}

const folder = join(goldenRoot, 'ops')

describeFolder(folder, 'golden: ops', () => {
  const info = readJson<OpsInfo>(join(folder, 'case.json'))

  for (const device of devices) {
    describe(device.name, () => {
      for (const name of Object.keys(info.ops))
        it(name, async () => {
          const tensors = readGoldenTensors(join(folder, `${name}.safetensors`))
          const opCase = new OpCase(tensors, info.ops[name].parameters)
          const write = opWriters[name]
          if (write === undefined) throw new Error(`no graph is written for the golden op '${name}'`)
          const results = write(opCase)
          for (const [expected, parts] of Object.entries(results)) {
            parts.forEach((part, index) => opCase.g.output(`${expected} ${index}`, part))
          }
          const T = opCase.tokens.length
          await using hardware = await device.create()
          const loading = hardware.load(opCase.g, opCase.weights, {
            maxTokens: T,
            maxRows: T,
            cache: { pages: 4, sequences: 1, type: 'f32' },
          })
          if (device.lacks.includes(name)) {
            await expect(loading).rejects.toMatchObject({ code: 'unsupported' })
            return
          }
          const program = await loading
          mapPages(program, 0, T)
          const { tokens, positions } = opCase
          for (const [state, values] of opCase.initial) program.states.write(state, 0, values)
          const outputs = program.run({
            tokens,
            positions,
            sequences: new Int32Array(T),
            lasts: new Int32Array(T).fill(T - 1),
            rows: Int32Array.of(T - 1),
          })
          expect(Object.keys(results)).toContain('output')
          for (const [expected, parts] of Object.entries(results)) {
            const got = parts.flatMap((_, index) => Array.from(outputs.get(`${expected} ${index}`) ?? []))
            expectClose(got, opCase.expected(expected), info.tolerance.all, `${name}: ${expected}`)
          }
          for (const [expected, state] of opCase.finalStates) {
            expectClose(
              program.states.read(state, 0),
              opCase.data(expected),
              info.tolerance.all,
              `${name}: ${expected}`,
            )
          }
        })
    })
  }
})
