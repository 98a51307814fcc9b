/** 10,000 damaged tokenizer.json files: each is read or refused with a typed error, and none takes a second. */
import { expect, it } from 'vitest'
import { BYTE_TO_CHARACTER } from '../../src/tokenizer/byte-level.ts'
import { tokenizerFromJson } from '../../src/tokenizer/index.ts'
import { OstroError } from '../../src/util/error.ts'

const MUTATIONS = 10_000
const TEXT =
  "Hello, it's 12345 \u00e9\u65e5\u672c \ud83d\ude00 <s>\n\n  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"

const cl100k =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"

const seeds: readonly unknown[] = [
  {
    added_tokens: [
      { id: 259, content: '<s>', special: true, lstrip: false, rstrip: true, single_word: false, normalized: false },
    ],
    normalizer: {
      type: 'Sequence',
      normalizers: [{ type: 'NFC' }, { type: 'Replace', pattern: { Regex: ' +' }, content: ' ' }],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: cl100k }, behavior: 'Isolated', invert: false },
        { type: 'Digits', individual_digits: true },
        { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
      ],
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>' } }, { Sequence: { id: 'A' } }],
      special_tokens: { '<s>': { id: '<s>', ids: [259] } },
    },
    decoder: { type: 'ByteLevel' },
    model: {
      type: 'BPE',
      ignore_merges: true,
      vocab: Object.fromEntries([...BYTE_TO_CHARACTER, 'He', 'll', 'aa'].map((token, id) => [token, id])),
      merges: ['H e', ['l', 'l'], 'a a'],
    },
  },
  {
    added_tokens: [{ id: 0, content: '<unk>', special: true }],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Strip', strip_left: true, strip_right: true },
      ],
    },
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: true },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
      ],
    },
    model: {
      type: 'Unigram',
      unk_id: 0,
      byte_fallback: true,
      vocab: [
        ['<unk>', 0],
        ['▁', -1],
        ['a', -2.5],
        ['aa', -3],
        ['<0xC3>', -9],
      ],
    },
  },
]

/** A small generator with a seed: the same damage in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
    const mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39) >>> 0
    return mixed % below
  }
}

/** Damages one place of the tree: another type, another value, a key gone, two values swapped, a value repeated or nested. */
function mutate(root: unknown, random: (below: number) => number, all: readonly unknown[]): unknown {
  const copy = structuredClone(root)
  const places: { holder: Record<string, unknown>; key: string }[] = []
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const holder = value as Record<string, unknown>
    const keys = Object.keys(holder)
    // Of a vocabulary's hundreds of entries a few suffice, or nothing else would ever be hit.
    for (const key of keys.length > 40 ? keys.filter(() => random(60) === 0) : keys) {
      places.push({ holder, key })
      walk(holder[key])
    }
  }
  walk(copy)
  const place = (): { holder: Record<string, unknown>; key: string } => places[random(places.length)]
  for (let i = 0; i <= random(3); i++) {
    const { holder, key } = place()
    const strange = [
      null,
      true,
      -1,
      0,
      1.5,
      1e9,
      2 ** 31,
      2 ** 53,
      '',
      'x',
      '\u0000',
      '\ud800',
      [],
      {},
      [[]],
      'a'.repeat(5000),
      '(a+)+$',
      '(((((',
      '[',
      '\\',
      '__proto__',
      'Sequence',
      'constructor',
    ]
    switch (random(7)) {
      case 0:
        delete holder[key]
        break
      case 1:
      case 2:
        holder[key] = strange[random(strange.length)]
        break
      case 3: {
        const other = place()
        holder[key] = structuredClone(other.holder[other.key])
        break
      }
      case 4:
        holder[key] = damageText(holder[key], random)
        break
      case 5:
        if (Array.isArray(holder[key]))
          holder[key] = Array.from({ length: 50 }, () => structuredClone(holder[key])).flat()
        else holder[key] = nest(holder[key], random(200))
        break
      default:
        holder[key] = structuredClone(all[random(all.length)])
    }
  }
  return copy
}

function damageText(value: unknown, random: (below: number) => number): unknown {
  if (typeof value !== 'string') return String(value)
  const at = random(value.length + 1)
  const signs = ['+', '*', '(', ')', '[', ']', '\\', '{9999}', '?', '|', '', ' ', '\u2581', 'p{L}']
  return value.slice(0, at) + signs[random(signs.length)] + value.slice(at + random(3))
}

function nest(value: unknown, depth: number): unknown {
  let nested = value
  const lists = ['normalizers', 'pretokenizers', 'decoders', 'processors']
  for (let i = 0; i < depth; i++) nested = { type: 'Sequence', [lists[depth % lists.length]]: [nested] }
  return nested
}

it(`reads or refuses ${MUTATIONS} damaged files, each within a second of computing`, () => {
  const random = generator(20_261_123)
  const codes = new Map<string, number>()
  let slowestMs = 0
  for (let i = 0; i < MUTATIONS; i++) {
    const damaged = mutate(seeds[i % seeds.length], random, seeds)
    const before = process.threadCpuUsage()
    let outcome = 'read'
    try {
      const tokenizer = tokenizerFromJson(damaged, i % 3 === 0 ? { bos_token: '<s>', add_bos_token: true } : undefined)
      const ids = tokenizer.encode(TEXT, { parseSpecial: true })
      tokenizer.decode(ids, { special: true })
    } catch (error) {
      if (!(error instanceof OstroError))
        throw new Error(`mutation ${i}: ${String(error)}\n${JSON.stringify(damaged).slice(0, 2000)}`, { cause: error })
      outcome = error.code
    }
    const { user, system } = process.threadCpuUsage(before)
    slowestMs = Math.max(slowestMs, (user + system) / 1000)
    codes.set(outcome, (codes.get(outcome) ?? 0) + 1)
  }
  expect(slowestMs).toBeLessThan(1000)
  // The damage is neither so light nor so heavy that one outcome would go untested.
  for (const outcome of ['read', 'invalid-file', 'unsupported'])
    expect(codes.get(outcome), outcome).toBeGreaterThan(100)
  expect([...codes.keys()].toSorted()).toEqual(['invalid-file', 'read', 'unsupported'])
})
