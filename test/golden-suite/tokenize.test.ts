/** Token ids and text of the real models' vocabularies, against the oracle: every row of every case that has a `tokenize.json`. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openGguf } from '../../src/formats/gguf/open-gguf.node.ts'
import { type GgufValue, isGgufStrings } from '../../src/formats/index.ts'
import { TOKEN_TYPE, type Tokenizer, tokenizerFromGguf, tokenizerFromJson } from '../../src/tokenizer/index.ts'
import { goldenRoot } from '../support/golden.ts'
import { realModelOf, realModelPath } from '../support/models.ts'
import { readJson, skipWithoutFolders } from './support.ts'

interface Row {
  readonly text: string
  /** Control tokens parsed. */
  readonly ids: readonly number[]
  /** Control tokens not parsed; absent where equal. */
  readonly plain?: readonly number[]
  /** Text of `plain`; absent where it is the text itself. */
  readonly decoded?: string
}

interface GoldenCase {
  readonly case: string
  readonly environment?: string
  readonly vocab: number
  readonly addBos: boolean
  readonly bos: number | null
  readonly endOfGeneration: readonly number[]
}

interface GoldenPrompt {
  readonly name: string
  readonly text: string
  readonly tokens: readonly number[]
}

const folders = readJson<{ folder: string }[]>(join(goldenRoot, 'index.json'))
  .map(({ folder }) => join(goldenRoot, folder))
  .filter((folder) => existsSync(join(folder, 'tokenize.json')))

skipWithoutFolders(folders, 'real tokenizers')

for (const folder of folders) {
  const info = readJson<GoldenCase>(join(folder, 'case.json'))
  const model = realModelOf(info.environment)
  const path = model && (await realModelPath(model))

  describe.skipIf(path === undefined)(`tokenizer of ${info.case}`, async () => {
    const rows = readJson<Row[]>(join(folder, 'tokenize.json'))
    const tokenizers = path === undefined ? undefined : await open(path)
    const get = (): Tokenizer => {
      if (!tokenizers) throw new Error('the model is missing')
      return tokenizers.fromGguf
    }

    it('knows the vocabulary and the special tokens', () => {
      expect(get().vocabularySize).toBe(info.vocab)
      expect(get().addsBos).toBe(info.addBos)
      if (info.bos !== null) expect(get().bos).toBe(info.bos)
      expect([...get().endOfGeneration].toSorted((a, b) => a - b)).toEqual(info.endOfGeneration)
    })

    it(`encodes all ${rows.length} texts with control tokens parsed`, () => {
      for (const { text, ids } of rows) {
        expect(get().encode(text, { addSpecial: false, parseSpecial: true }), JSON.stringify(text)).toEqual(ids)
      }
    })

    it('encodes all texts with control tokens as text', () => {
      for (const { text, ids, plain } of rows) {
        expect(get().encode(text, { addSpecial: false }), JSON.stringify(text)).toEqual(plain ?? ids)
      }
    })

    it('decodes all ids, at once and one by one', () => {
      for (const { text, ids, plain, decoded } of rows) {
        const want = decoded ?? text
        expect(get().decode(plain ?? ids, { special: true }), JSON.stringify(text)).toBe(want)
        const decoder = get().decoder({ special: true })
        expect((plain ?? ids).map((id) => decoder.push(id)).join('') + decoder.flush()).toBe(want)
      }
    })

    it.skipIf(tokenizers?.fromJson === undefined)('encodes and decodes all texts from a tokenizer.json', () => {
      const tokenizer = tokenizers?.fromJson
      for (const { text, ids, plain, decoded } of rows) {
        expect(tokenizer?.encode(text, { parseSpecial: true }), JSON.stringify(text)).toEqual(ids)
        expect(tokenizer?.encode(text), JSON.stringify(text)).toEqual(plain ?? ids)
        expect(tokenizer?.decode(plain ?? ids, { special: true })).toBe(decoded ?? text)
      }
    })

    it.skipIf(!existsSync(join(folder, 'prompts.json')))('encodes the prompts', () => {
      for (const { name, text, tokens } of readJson<GoldenPrompt[]>(join(folder, 'prompts.json'))) {
        expect(get().encode(text, { parseSpecial: true }), name).toEqual(tokens)
      }
    })
  })
}

async function open(path: string): Promise<{ fromGguf: Tokenizer; fromJson: Tokenizer | undefined }> {
  const file = await openGguf(path)
  try {
    return { fromGguf: tokenizerFromGguf(file.metadata), fromJson: jsonTokenizer(file.metadata) }
  } finally {
    await file.close()
  }
}

/** The vocabulary of a byte-level file as the tokenizer.json that its authors publish; other kinds lack their merges in a GGUF. */
function jsonTokenizer(metadata: ReadonlyMap<string, GgufValue>): Tokenizer | undefined {
  const [tokens, merges] = ['tokens', 'merges'].map((key) => metadata.get(`tokenizer.ggml.${key}`))
  const types = metadata.get('tokenizer.ggml.token_type')
  if (metadata.get('tokenizer.ggml.pre') !== 'smollm' || !isGgufStrings(tokens) || !isGgufStrings(merges))
    return undefined
  const texts = tokens.toArray()
  return tokenizerFromJson({
    added_tokens: texts.flatMap((content, id) =>
      types instanceof Int32Array && types[id] === TOKEN_TYPE.control ? [{ id, content, special: true }] : [],
    ),
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Digits', individual_digits: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: 'BPE', vocab: Object.fromEntries(texts.map((text, id) => [text, id])), merges: merges.toArray() },
  })
}
