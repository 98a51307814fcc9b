import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary.ts'
import { createPassageIndex, estimateTokens, openSqliteStore } from '../../retrieval/index.ts'
import { evaluateRetrieval } from './evaluate.ts'
import { readManualPage } from './manual-page.ts'
import { readRetrievalSet } from './read-set.node.ts'
import { sampleSet } from './sample-set.ts'

const page = String.raw`.\" A comment
.TH FROB 2 2020-01-01 "Linux"
.SH NAME
frob, unfrob \- turn a knob
and back
.SH SYNOPSIS
.nf
.BI "int frob(int " knob ", \fBsize_t\fP " n );
.fi
.SH DESCRIPTION
The
.BR frob ()
call turns \fIknob\fP by one.
.PP
It is
.I not
undone at\-once \(em see
.BR knob (7),
.BR frobd (8).
.TP
.B EINVAL
A \(aqbad\(aq knob.
`

describe('readManualPage', () => {
  it('gives the page as Markdown, without the section that its description is from', () => {
    expect(readManualPage(page)).toEqual({
      name: 'FROB(2)',
      description: 'turn a knob and back',
      text: [
        '# SYNOPSIS',
        '',
        '```',
        'int frob(int knob, size_t n);',
        '```',
        '',
        '# DESCRIPTION',
        'The',
        'frob()',
        'call turns knob by one.',
        '',
        'It is',
        'not',
        'undone at-once \u2014 see',
        'knob(7),',
        'frobd(8).',
        '',
        'EINVAL',
        "A 'bad' knob.",
      ].join('\n'),
    })
  })

  it.each(['.so man2/frob.2\n', '.TH X 1\n.SH DESCRIPTION\nText.\n', 'plain text'])('passes over %j', (source) => {
    expect(readManualPage(source)).toBeUndefined()
  })
})

describe('readRetrievalSet', () => {
  it('reads manual pages, packed or not', async () => {
    await using folder = await temporaryFolder()
    const tree = join(folder.path, 'usr/share/man')
    await mkdir(join(tree, 'man1'), { recursive: true })
    await mkdir(join(tree, 'man2'))
    await writeFile(join(tree, 'man2/frob.2.gz'), gzipSync(page))
    await writeFile(join(tree, 'man2/link.2'), '.so man2/frob.2')
    const { documents, questions } = await readRetrievalSet(folder.path)
    expect(documents.map(({ path, title }) => [path, title])).toEqual([['man2/frob.2.gz', 'FROB(2)']])
    expect(questions).toEqual([
      { id: 'man2/frob.2.gz', question: 'turn a knob and back', relevant: ['man2/frob.2.gz'] },
    ])
  })

  it('reads documents with questions, and says which line is wrong', async () => {
    await using folder = await temporaryFolder()
    await mkdir(join(folder.path, 'documents'))
    await writeFile(join(folder.path, 'documents/a.txt'), 'Text.')
    const write = (line: unknown) => writeFile(join(folder.path, 'questions.jsonl'), `${JSON.stringify(line)}\n`)
    await write({ id: '1', question: 'What?', relevant: ['a.txt'] })
    expect(await readRetrievalSet(folder.path)).toMatchObject({ documents: [{ path: 'a.txt', text: 'Text.' }] })
    await write({ id: '1', question: 'What?', relevant: ['missing.txt'] })
    await expect(readRetrievalSet(folder.path)).rejects.toMatchObject({ code: 'invalid-file', message: /jsonl:1/ })
  })

  it('says what is missing', async () => {
    await using folder = await temporaryFolder()
    await expect(readRetrievalSet(folder.path)).rejects.toMatchObject({ code: 'not-found' })
  })
})

describe('evaluateRetrieval', () => {
  /** Knows which handbook page a text is about: a question's id begins with the page's name. */
  const topics = sampleSet.documents.map(({ path }) => path.replace('.txt', ''))
  const topicOf = (text: string): number => {
    const asked = sampleSet.questions.find(({ question }) => question === text)
    return topics.findIndex((topic) => (asked === undefined ? text.startsWith(topic) : asked.id.startsWith(topic)))
  }
  const encoder = {
    name: 'oracle',
    countTokens: estimateTokens,
    embed: async (texts: readonly string[]) =>
      texts.map((text) => Float32Array.from(topics, (_, index) => (index === topicOf(text) ? 1 : 0.1))),
  }

  it('compares all ways of searching on the same questions', async () => {
    using index = createPassageIndex(openSqliteStore(':memory:'), encoder)
    using wholeStore = openSqliteStore(':memory:')
    await index.add(sampleSet.documents)
    const { methods, pairs, items } = await evaluateRetrieval(sampleSet, index, { wholeStore, encoder })
    const mrr = Object.fromEntries(methods.map((method) => [method.method, method.mrr]))
    expect(mrr['meaning']).toBe(1)
    // Every first question uses words of its page, and few of the second do.
    expect(mrr['words']).toBeGreaterThan(0.5)
    expect(mrr['words']).toBeLessThan(0.7)
    // Words that stand everywhere do not push a page of the right meaning aside.
    expect(mrr['hybrid']).toBeGreaterThan(0.95)
    expect(pairs.map(({ baseline, interval }) => [baseline, interval[0] > 0])).toEqual([
      ['whole', true],
      ['words', true],
      ['meaning', false],
    ])
    expect(items).toHaveLength(4 * sampleSet.questions.length)
    expect(items.find(({ id, method }) => id === 'ferry-words' && method === 'words')?.rank).toBe(1)
  })

  it('needs no encoder for words, and no words in common for questions of other words', async () => {
    using index = createPassageIndex(openSqliteStore(':memory:'))
    using wholeStore = openSqliteStore(':memory:')
    await index.add(sampleSet.documents)
    const { methods, items } = await evaluateRetrieval(sampleSet, index, { wholeStore })
    expect(methods.map(({ method }) => method)).toEqual(['whole', 'words'])
    const first = items.filter(({ id, method }) => method === 'words' && id.endsWith('-words'))
    expect(first.every(({ rank }) => rank === 1)).toBe(true)
  })
})
