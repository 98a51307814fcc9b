import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { type Encoder, estimateTokens } from './encoder.ts'
import { createPassageIndex } from './passage-index.ts'
import { openSqliteStore } from './sqlite-store.node.ts'

const folder = mkdtempSync(join(tmpdir(), 'ostro-index-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const freshFile = (): string => join(folder, `${files++}.ostro`)

/** Each word is a direction of its own; words of one meaning share theirs. */
const meanings = [
  ['car', 'automobile', 'vehicle'],
  ['fast', 'quick', 'speed'],
  ['bee', 'bees', 'insect'],
  ['ship', 'boat'],
]

function scriptedEncoder(name = 'scripted'): Encoder & { readonly embedded: string[] } {
  const embedded: string[] = []
  return {
    name,
    embedded,
    countTokens: estimateTokens,
    embed: (texts) => {
      embedded.push(...texts)
      return Promise.resolve(texts.map(vectorOf))
    },
  }
}

function vectorOf(text: string): Float32Array {
  const words = text.toLowerCase().match(/[a-z]+/g) ?? []
  const values = meanings.map((group) => 0.01 + words.filter((word) => group.includes(word)).length)
  const length = Math.hypot(...values)
  return Float32Array.from(values, (value) => value / length)
}

const documents = [
  { path: 'a.md', text: '# Roads\n\nAn automobile needs a road.\n\n# Fuel\n\nPetrol burns.' },
  { path: 'b.txt', text: 'Bees fly from flower to flower.' },
  { path: 'c.txt', text: 'A boat floats. A quick boat floats too.' },
]

describe('createPassageIndex', () => {
  it('finds by words, by meaning and by both', async () => {
    using index = createPassageIndex(openSqliteStore(':memory:'), scriptedEncoder())
    await index.add(documents)
    const best = async (question: string, mode?: 'words' | 'meaning') =>
      (await index.search(question, { mode, limit: 1 })).map(({ path, headings, firstLine }) => [
        path,
        ...headings,
        firstLine,
      ])
    expect(await best('Which vehicle?', 'words')).toEqual([])
    expect(await best('Which vehicle?', 'meaning')).toEqual([['a.md', 'Roads', 3]])
    expect(await best('petrol', 'words')).toEqual([['a.md', 'Fuel', 7]])
    expect(await best('Do bees like flowers?')).toEqual([['b.txt', 1]])
  })

  it('embeds only what has changed', async () => {
    const file = freshFile()
    const encoder = scriptedEncoder()
    using index = createPassageIndex(openSqliteStore(file), encoder)
    expect(await index.add(documents)).toEqual({ added: 3, changed: 0, unchanged: 0, embedded: 4 })
    expect(await index.add(documents)).toEqual({ added: 0, changed: 0, unchanged: 3, embedded: 0 })
    encoder.embedded.length = 0
    const changed = { path: 'a.md', text: documents[0].text.replace('Petrol', 'Diesel') }
    expect(await index.add([changed, ...documents.slice(1)])).toEqual({
      added: 0,
      changed: 1,
      unchanged: 2,
      embedded: 1,
    })
    expect(encoder.embedded).toEqual(['a > Fuel\nDiesel burns.'])
    expect(await index.search('petrol', { mode: 'words' })).toEqual([])
    using other = createPassageIndex(openSqliteStore(file), encoder)
    expect((await other.search('diesel', { mode: 'words' })).map(({ path }) => path)).toEqual(['a.md'])
  })

  it('takes documents out with their passages, words and vectors', async () => {
    const file = freshFile()
    using index = createPassageIndex(openSqliteStore(file), scriptedEncoder())
    await index.add(documents)
    await index.search('boat')
    expect(index.remove(['c.txt', 'never.txt'])).toBe(1)
    expect(index.paths()).toEqual(['a.md', 'b.txt'])
    expect((await index.search('boat', { limit: 50 })).filter(({ path }) => path === 'c.txt')).toEqual([])
    using database = new DatabaseSync(file)
    const count = (table: string) => database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']
    expect([count('passage'), count('vector'), count('exact'), count('words')]).toEqual([3, 3, 3, 3])
  })

  it('sees what another process has written', async () => {
    const file = freshFile()
    using index = createPassageIndex(openSqliteStore(file), scriptedEncoder())
    await index.add(documents.slice(0, 1))
    await index.search('ship', { mode: 'meaning' })
    using other = createPassageIndex(openSqliteStore(file), scriptedEncoder())
    await other.add(documents.slice(2))
    expect((await index.search('ship', { mode: 'meaning', limit: 1 }))[0].path).toBe('c.txt')
  })

  it('keeps a limit for each document, and the reranker has the last word', async () => {
    using index = createPassageIndex(openSqliteStore(':memory:'), scriptedEncoder())
    await index.add(documents)
    const paths = (await index.search('automobile petrol road', { perDocument: 1 })).map(({ path }) => path)
    expect(new Set(paths).size).toBe(paths.length)
    const reranker = {
      rerank: (_: string, texts: readonly string[]) =>
        Promise.resolve(
          texts.map((text, at) => ({ index: at, score: text.length })).toSorted((a, b) => b.score - a.score),
        ),
    }
    const [longest] = await index.search('automobile', { reranker })
    expect(longest.path).toBe('c.txt')
  })

  it('finds words of two characters in scripts without spaces', async () => {
    using index = createPassageIndex(openSqliteStore(':memory:'))
    await index.add([
      { path: 'zh', text: '这个函数打开一个文件。' },
      { path: 'ja', text: '蜜蜂は花の場所を教える。' },
    ])
    const found = async (question: string) => (await index.search(question)).map(({ path }) => path)
    expect(await found('打开')).toEqual(['zh'])
    expect(await found('怎么打开文件')).toEqual(['zh'])
    expect(await found('蜜蜂')).toEqual(['ja'])
  })

  it('takes any text as a question and as a document', async () => {
    using index = createPassageIndex(openSqliteStore(':memory:'), scriptedEncoder())
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom(
        '" OR "',
        "'; DROP TABLE passage; --",
        'NEAR(a b, 2)',
        'body:x*',
        '{title}: ^a',
        '\0',
        'a"\0"b',
        '()',
        'NOT',
        '_',
        '\u0301',
      ),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(hostile, { maxLength: 6 }),
        fc.array(hostile, { minLength: 1, maxLength: 6 }),
        async (text, parts) => {
          const [own, question] = [text.join(' '), parts.join(' ')]
          await index.add([{ path: 'hostile', text: own, title: question }])
          if (!/\S/.test(question)) return
          for (const mode of ['words', 'hybrid'] as const) {
            for (const { start, end, text: found } of await index.search(question, { mode })) {
              expect(found).toBe(own.slice(start, end).toWellFormed())
            }
          }
        },
      ),
      { numRuns: 25, seed: 4 },
    )
  })

  it.each([
    ['a question without words', '  ', {}, 'input-empty'],
    ['no passages', 'a', { limit: 0 }, 'invalid-argument'],
    ['meaning without an encoder', 'a', { mode: 'meaning' }, 'invalid-argument'],
  ] as const)('refuses %s', async (_, question, options, code) => {
    using index = createPassageIndex(openSqliteStore(':memory:'))
    await expect(index.search(question, options)).rejects.toMatchObject({ code })
  })

  it('refuses another encoder, and vectors of another width', async () => {
    const file = freshFile()
    using index = createPassageIndex(openSqliteStore(file), scriptedEncoder())
    await index.add(documents)
    using store = openSqliteStore(file)
    expect(() => createPassageIndex(store, scriptedEncoder('other'))).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    )
    const wide: Encoder = { ...scriptedEncoder(), embed: async (texts) => texts.map(() => new Float32Array(9)) }
    const added = createPassageIndex(store, wide).add([{ path: 'new', text: 'New words.' }])
    await expect(added).rejects.toMatchObject({ code: 'invalid-argument' })
  })

  it('stops when asked to, and goes on later', async () => {
    const file = freshFile()
    const abort = new AbortController()
    const many = Array.from({ length: 300 }, (_, n) => ({ path: `${n}.txt`, text: `Bees of hive ${n}.` }))
    using index = createPassageIndex(openSqliteStore(file), scriptedEncoder())
    const stopped = index.add(many, { signal: abort.signal, onProgress: ({ done }) => done >= 128 && abort.abort() })
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' })
    expect(await index.add(many)).toMatchObject({ added: 172, unchanged: 128, embedded: 172 })
  })
})

describe('openSqliteStore', () => {
  const unavailable = expect.objectContaining({ code: 'store-unavailable' })

  it('refuses files that are no index', () => {
    const text = freshFile()
    writeFileSync(text, 'This is no database, although it is long enough to be looked at as one.'.repeat(20))
    expect(() => openSqliteStore(text)).toThrow(unavailable)
    expect(() => openSqliteStore(join(folder, 'missing', 'x.ostro'))).toThrow(unavailable)
    const foreign = freshFile()
    using database = new DatabaseSync(foreign)
    database.exec('CREATE TABLE mine (a)')
    expect(() => openSqliteStore(foreign)).toThrow(/another program/)
  })

  it('refuses an index of another version', () => {
    const file = freshFile()
    openSqliteStore(file).close()
    using database = new DatabaseSync(file)
    database.exec('PRAGMA user_version = 99')
    expect(() => openSqliteStore(file)).toThrow(/version 99/)
  })

  it('says so when the disk is full, and leaves the index as it was', async () => {
    const file = freshFile()
    using store = openSqliteStore(file)
    using index = createPassageIndex(store)
    await index.add(documents)
    using limited = openSqliteStore(file, { mostPages: 30 })
    const large = { path: 'large.txt', text: 'Bees fly. '.repeat(50_000) }
    await expect(createPassageIndex(limited).add([large])).rejects.toMatchObject({ code: 'store-unavailable' })
    expect(index.paths()).toEqual(['a.md', 'b.txt', 'c.txt'])
    expect(await index.search('boat')).toHaveLength(1)
  })

  it('says so when another process holds the lock', async () => {
    const file = freshFile()
    using index = createPassageIndex(openSqliteStore(file, { busyTimeoutMs: 20 }))
    using database = new DatabaseSync(file)
    database.exec('BEGIN IMMEDIATE')
    await expect(index.add(documents)).rejects.toMatchObject({ code: 'store-unavailable' })
    expect(() => index.remove(['a.md'])).toThrow(unavailable)
    database.exec('ROLLBACK')
    await expect(index.add(documents)).resolves.toMatchObject({ added: 3 })
  })
})
