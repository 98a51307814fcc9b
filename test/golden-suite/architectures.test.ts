/**
 * Every decoder of the golden set that the registry knows, against its oracle: from GGUF and from safetensors with both
 * spellings of config.json, at once, token by token, and as a prefill with steps after it.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { architectures } from '../../src/models/index.ts'
import type { OpenedModel } from '../../src/models/index.ts'
import { goldenF32, goldenI32, goldenRoot, readGoldenTensors } from '../support/golden.ts'
import { devices, sources } from './model-matrix.ts'
import { expectClose, expectStates, mapPages, openGoldenSafetensors, readJson, runInPieces } from './support.ts'
import type { Tolerance } from './support.ts'

interface GoldenCase {
  readonly architecture: string
  readonly modelType: string
  readonly tokens: readonly number[]
  readonly expected: Readonly<Record<string, { readonly shape: readonly number[] }>>
  readonly tolerance: { readonly logits: Tolerance; readonly hidden?: Tolerance; readonly router?: Tolerance }
}

const folders = readJson<{ folder: string }[]>(join(goldenRoot, 'index.json'))
  .map(({ folder }) => join(goldenRoot, folder))
  .filter((folder) => existsSync(join(folder, 'model.safetensors')) && isKnown(readJson(join(folder, 'case.json'))))

describe.each(folders)('golden: %s', (folder) => {
  const golden = readJson<GoldenCase>(join(folder, 'case.json'))
  const expected = readGoldenTensors(join(folder, 'expected.safetensors'))
  const T = golden.tokens.length
  const half = Math.ceil(T / 2)
  const schedules = [
    { name: 'prefill', ends: [T] },
    { name: 'token by token', ends: golden.tokens.map((_, index) => index + 1) },
    { name: 'prefill and steps', ends: [half, ...golden.tokens.slice(half).map((_, index) => half + index + 1)] },
  ]

  for (const device of devices) {
    for (const source of sources) {
      it.skipIf(!existsSync(join(folder, source.file)))(`${device.name}: ${source.name}`, async () => {
        const model = await source.open(folder, T)
        const positions = await comparablePositions(folder, model, T)
        await using hardware = device.create()
        const program = await hardware.load(model.graph({ hidden: true }), model.weights, {
          maxTokens: T,
          maxRows: T,
          cache: { pages: Math.ceil(T / 64) + 3, sequences: 1, type: 'f32' },
        })
        mapPages(program, 0, T)
        for (const { name, ends } of schedules) {
          const outputs = runInPieces(program, golden.tokens, ends)
          const compared = [...expected.keys()].filter((key) => /^(logits$|hidden\.|router\.)/.test(key))
          expect(compared).toContain('logits')
          for (const key of compared) {
            const tolerance = golden.tolerance[toleranceOf(key)] ?? golden.tolerance.logits
            const want = key.endsWith('.experts') ? goldenI32(expected, key) : goldenF32(expected, key)
            const got = outputs.get(key)
            if (got === undefined) throw new Error(`no output '${key}'`)
            expect(got.length, `${name}: length of ${key}`).toBe(want.length)
            const count = positions * (want.length / T)
            const exactly = key.endsWith('.experts') ? {} : tolerance
            expectClose(got.subarray(0, count), want.subarray(0, count), exactly, `${name}: ${key}`)
          }
          expectStates(program, expected, golden.tolerance.hidden ?? golden.tolerance.logits, name)
        }
      })
    }
  }
})

function toleranceOf(key: string): 'logits' | 'hidden' | 'router' {
  if (key === 'logits') return 'logits'
  return key.startsWith('router.') ? 'router' : 'hidden'
}

/**
 * How many positions the source can be compared at: all, except that a GGUF file cannot state the window of an architecture
 * whose GGUF name has none (the mistral case says so); there only the positions within the first window must agree.
 */
async function comparablePositions(folder: string, model: OpenedModel, T: number): Promise<number> {
  const stated = (await openGoldenSafetensors(folder, 'config.json', T)).graph().caches.map(({ window }) => window)
  const own = model.graph().caches.map(({ window }) => window)
  if (own.some((window) => window !== undefined)) {
    expect(own).toEqual(stated)
    return T
  }
  return Math.min(T, ...stated.flatMap((window) => window ?? []))
}

/** The set also holds training runs and encoder-decoders, which state no logits for one row of tokens. */
function isKnown({ architecture, modelType, expected, tokens }: Partial<GoldenCase>): boolean {
  const isDecoder = expected !== undefined && 'logits' in expected && typeof tokens?.[0] === 'number'
  const isNamed = ({ names, forwardEncoder }: (typeof architectures)[number]): boolean =>
    forwardEncoder === undefined &&
    (names.hfClasses.some((name) => name === architecture) || names.hf.some((name) => name === modelType))
  return isDecoder && architectures.some(isNamed)
}
