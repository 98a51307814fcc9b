import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chunkText } from './chunk.ts'

/** Words and signs, as encoders for English count roughly. */
const countTokens = (texts: readonly string[]) =>
  Promise.resolve(texts.map((text) => text.match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu)?.length ?? 0))

describe('chunkText', () => {
  it('keeps the path of headings and never crosses one', async () => {
    const text = '# Bees\n\nThey fly.\n\n## Dance\n\nThey dance. It tells where.\n\n# Ants\nThey walk.\n'
    const chunks = await chunkText(text, { countTokens, format: 'markdown' })
    expect(chunks.map(({ text: own, headings }) => [headings.join(' > '), own])).toEqual([
      ['Bees', 'They fly.'],
      ['Bees > Dance', 'They dance. It tells where.'],
      ['Ants', 'They walk.'],
    ])
  })

  it('cuts between sentences, with one sentence of overlap', async () => {
    const text = Array.from({ length: 6 }, (_, n) => `Sentence ${n} has six words.`).join(' ')
    const chunks = await chunkText(text, { countTokens, mostTokens: 24 })
    expect(chunks.map(({ text: own }) => own.match(/\d/g)?.join(''))).toEqual(['0123', '345'])
  })

  it('keeps paragraphs whole where they fit', async () => {
    const text = 'One two three four five.\n\nSix seven eight.\n\nNine ten eleven twelve thirteen fourteen.'
    const chunks = await chunkText(text, { countTokens, mostTokens: 12 })
    expect(chunks.map(({ text: own }) => own)).toEqual([
      'One two three four five.\n\nSix seven eight.',
      'Nine ten eleven twelve thirteen fourteen.',
    ])
  })

  it('ends for a text without any border, and cuts no character', async () => {
    const text = '\u{1f41d}'.repeat(5000)
    const chunks = await chunkText(text, {
      countTokens: async (texts) => texts.map(({ length }) => length),
      mostTokens: 9,
    })
    expect(chunks.map(({ text: own }) => own).join('')).toBe(text)
    expect(chunks.every(({ text: own }) => own.isWellFormed())).toBe(true)
  })

  it('refuses passages of nothing', async () => {
    await expect(chunkText('a', { countTokens, mostTokens: 0 })).rejects.toMatchObject({ code: 'invalid-argument' })
  })

  const piece = fc.oneof(
    fc.constantFrom(
      '# Title\n',
      '\n\n',
      'Dr. No said 3.5 e.g. here. ',
      '```\ncode = 1\n```\n',
      'Titel\n=====\n',
      '\r\n',
      '- a\n- b\n',
    ),
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc.constantFrom('word ', 'long'.repeat(40), '这是一个句子。', 'Ende? ', '\u{1f41d}'),
  )

  it('gives stretches of the source within the limit that leave out only headings and space', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join('')),
        fc.constantFrom('markdown', 'restructured', 'manual', 'plain'),
        fc.integer({ min: 8, max: 60 }),
        async (text, format, mostTokens) => {
          const chunks = await chunkText(text, { countTokens, format, mostTokens })
          let covered = 0
          for (const { start, end, text: own, tokens } of chunks) {
            expect(own).toBe(text.slice(start, end))
            expect(own.trim()).toBe(own)
            expect(own).not.toBe('')
            expect(tokens).toBeLessThanOrEqual(mostTokens)
            if (format === 'plain' && start > covered) expect(text.slice(covered, start).trim()).toBe('')
            expect(end).toBeGreaterThan(covered)
            covered = end
          }
          if (format === 'plain') expect(text.slice(covered).trim()).toBe('')
        },
      ),
      { numRuns: 300, seed: 6 },
    )
  })
})
