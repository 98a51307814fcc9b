/** Words of each family, and that no family loses a character. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { namedPreTokenizer } from './pre-tokenizer.ts'

function words(name: string, text: string): string[] {
  const found: string[] = []
  namedPreTokenizer(name).preTokenize(text, (word) => found.push(word))
  return found
}

describe('words', () => {
  it.each<[string, string, string[]]>([
    ['gpt-2', "It's  1234 caf\u00e9!!\n\n x", ['It', "'s", ' ', ' 1234', ' caf\u00e9', '!!', '\n\n', ' x']],
    ['smollm', 'a 12b', ['a', ' ', '1', '2', 'b']],
    ['llama-bpe', "I'LL pay 12345\n\n ok", ['I', "'LL", ' pay', ' ', '123', '45', '\n\n', ' ok']],
    ['qwen2', 'x=12;\n\ny', ['x', '=', '1', '2', ';\n\n', 'y']],
    ['gpt-4o', "HelloWorld's ABCdef 1234/\n", ['Hello', "World's", ' ABCdef', ' ', '123', '4', '/\n']],
    ['tekken', 'HelloWorld 12', ['Hello', 'World', ' ', '1', '2']],
    ['deepseek-v3', 'abc日本 12345', ['abc', '日本', ' ', '123', '45']],
    ['deepseek-coder', 'a b\n12', ['a', ' b', '\n', '1', '2']],
    ['falcon', 'a,b 12345', ['a', ',', 'b', ' ', '123', '45']],
    ['default', 'ab 1234', ['ab', ' ', '123', '4']],
  ])('of %s', (name, text, expected) => {
    expect(words(name, text)).toEqual(expected)
  })

  it('take U+0085 for a space and U+FEFF for none, as the reference does', () => {
    expect(words('gpt-2', 'a\u0085b')).toEqual(['a', '\u0085', 'b'])
    expect(words('gpt-2', ' \ufeffb')).toEqual([' \ufeff', 'b'])
  })

  it.each([
    'gpt-2',
    'smollm',
    'llama-bpe',
    'qwen2',
    'qwen35',
    'gpt-4o',
    'tekken',
    'deepseek-v3',
    'deepseek-coder',
    'falcon',
    'default',
    'bloom',
    'viking',
    'seed-coder',
    'bailingmoe',
  ])('of %s joined are the text', (name) => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(words(name, text).join('')).toBe(text)
      }),
      { seed: 6 },
    )
  })
})

it('a name that nobody knows is refused', () => {
  expect(() => namedPreTokenizer('constructor')).toThrow(expect.objectContaining({ code: 'unsupported' }))
})
