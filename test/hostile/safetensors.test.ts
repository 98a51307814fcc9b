import { describe, expect, test } from 'vitest'
import { bytesSource, readSafetensors } from '../../src/formats/index.ts'
import { borderNumbers, mutateBlindly, seededRandom, type Random } from './random.ts'
import { hostileTrials } from './trial.ts'

const mutations = 10_000

const headers = [
  '{"__metadata__":{"format":"pt","note":"\\u00e9\\n"},"a.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},' +
    '"b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},"ids":{"dtype":"I64","shape":[],"data_offsets":[32,40]}}   ',
  '{"x":{"shape":[1,1,3],"data_offsets":[0,6],"dtype":"F16"}, "empty":{"dtype":"U8","shape":[0],"data_offsets":[6,6]}}',
  '{}',
]
const bases = headers.map((header, index) => withHeader(header, [40, 6, 0][index]))

function withHeader(header: string, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(header)
  const bytes = new Uint8Array(8 + text.length + dataBytes)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  return bytes
}

async function readAll(bytes: Uint8Array): Promise<void> {
  const file = await readSafetensors(bytesSource(bytes))
  const byte = new Uint8Array(1)
  for (const tensor of [...file.tensors.values(), ...file.others.values()]) {
    if (tensor.sizeBytes > 0) await tensor.read(tensor.sizeBytes - 1, byte)
  }
}

const tokens = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '"dtype"',
  '"F32"',
  '"F4"',
  '"__proto__"',
  '"constructor"',
  '-1',
  '1e9',
  '0.5',
  'null',
]

/** Replaces one token of the header by another, a border number or nothing; the length field follows, mostly. */
function mutateHeader(index: number, random: Random): Uint8Array {
  const parts: string[] = headers[index].match(/"[^"]*"|\d+|[^\d"]/g) ?? []
  const at = random.below(parts.length)
  const replacement = random.pick([
    random.pick(tokens),
    String(random.pick(borderNumbers)),
    '',
    parts[at] + parts[at],
    random.pick(parts),
    '['.repeat(200),
    '{"a":'.repeat(200),
  ])
  const bytes = withHeader(parts.with(at, replacement).join(''), [40, 6, 0][index])
  if (random.below(8) === 0) new DataView(bytes.buffer).setBigUint64(0, random.pick(borderNumbers), true)
  return bytes
}

describe('hostile safetensors', () => {
  test('the bases are sound', async () => {
    for (const base of bases) await readAll(base)
  })

  test(`${mutations} mutated files end in a typed error or are sound`, async () => {
    const random = seededRandom(20_260_702)
    const trials = hostileTrials()
    for (let index = 0; index < mutations; index++) {
      const base = random.below(bases.length)
      let bytes = random.below(4) > 0 ? mutateHeader(base, random) : bases[base]
      if (random.below(3) === 0) bytes = mutateBlindly(bytes, random)
      await trials.run(bytes, `mutation ${index}`, () => readAll(bytes))
    }
    expect(trials.accepted).toBeGreaterThan(mutations / 100)
    expect(trials.refused.get('invalid-file')).toBeGreaterThan(mutations / 2)
    expect([...trials.refused.keys()].sort()).toEqual(['invalid-file', 'unsupported'])
  })

  test('a file cut at any byte is refused', async () => {
    const trials = hostileTrials()
    for (const base of bases) {
      for (let length = 0; length < base.length; length++) {
        const bytes = base.subarray(0, length)
        expect(await trials.run(bytes, `cut at ${length}`, () => readAll(bytes))).toBe(false)
      }
    }
  })

  test('names that every object inherits are unknown dtypes, not functions', async () => {
    for (const dtype of ['constructor', '__proto__', 'toString']) {
      const bytes = withHeader(`{"a":{"dtype":"${dtype}","shape":[],"data_offsets":[0,1]}}`, 1)
      await expect(readSafetensors(bytesSource(bytes))).rejects.toMatchObject({ code: 'unsupported' })
    }
  })

  test('a header of brackets only costs no more than its bytes', async () => {
    const trials = hostileTrials()
    const bytes = withHeader('['.repeat(32 * 1024 * 1024), 0)
    expect(await trials.run(bytes, 'brackets', () => readAll(bytes))).toBe(false)
  })
})
