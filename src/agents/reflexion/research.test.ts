import { describe, expect, it } from 'vitest'
import { type ScriptedRequest, scriptedModel } from '../../testing/index.ts'
import { resultOf } from '../../tools/steps/run.ts'
import { reportOn, research } from './research.ts'

const documents = [
  { id: 'tower', text: 'The tower was built in 1889. It is 324 metres high.' },
  { id: 'bridge', text: 'The bridge was opened in 1937 and carries six lanes.' },
  { id: 'lake', text: 'The lake is frozen from December to March.' },
]

const draft = { answer: 'It is high.', missing: 'the height', superfluous: '', queries: ['height of the tower'] }
const revision = {
  answer: 'The tower is 324 metres high [1].',
  missing: '',
  superfluous: '',
  queries: ['tower'],
  citations: [{ n: 1, quote: 'It is 324 metres high' }],
}
const wrong = { ...revision, citations: [{ n: 1, quote: 'It is 400 metres high' }] }

const kindOf = ({ text }: ScriptedRequest): 'draft' | 'revise' | 'reflect' => {
  if (text.includes('An attempt at a task has failed')) return 'reflect'
  return text.includes('Revise the answer') ? 'revise' : 'draft'
}

function scriptOf(revisions: readonly unknown[]) {
  let asked = 0
  return (request: ScriptedRequest): string => {
    if (kindOf(request) === 'reflect') return 'Quote exactly.'
    return JSON.stringify(kindOf(request) === 'draft' ? draft : revisions[Math.min(asked++, revisions.length - 1)])
  }
}

describe('research', () => {
  it('drafts, searches and revises until every sentence is backed by what it cites', async () => {
    const model = scriptedModel({ answers: scriptOf([revision]) })
    const result = await resultOf(research(model, 'How high is the tower?', { documents }))
    expect(result).toMatchObject({ verified: true, reason: 'passed', verdict: { passed: true, score: 1 } })
    expect(result.best).toMatchObject({ answer: revision.answer, passages: [{ id: 'tower' }] })
    expect(model.requests.map(kindOf)).toEqual(['draft', 'revise'])
    expect(model.requests[1]?.text).toContain('[1] The tower was built in 1889.')
    expect(model.requests[1]?.options.format).toMatchObject({ type: 'json-schema' })
  })

  it('tells the next revision what its citations lack', async () => {
    const model = scriptedModel({ answers: scriptOf([wrong, revision]) })
    const result = await resultOf(research(model, 'How high is the tower?', { documents }))
    expect(result.reason).toBe('passed')
    expect(model.requests.map(kindOf)).toEqual(['draft', 'revise', 'revise'])
    expect(model.requests[2]?.text).toContain('Passage [1] does not say "It is 400 metres high"')
  })

  it('reflects after three revisions that failed, and tells the best attempt with its verdict', async () => {
    const half = { ...revision, answer: `${revision.answer} It was built in 1888 [1].` }
    const answers = scriptOf([wrong, wrong, wrong, half, half, half])
    const model = scriptedModel({ answers })
    const result = await resultOf(research(model, 'How high is the tower?', { documents, trials: 2 }))
    expect(result).toMatchObject({ reason: 'exhausted', verdict: { passed: false, score: 0.5 } })
    expect(result.best?.answer).toBe(half.answer)
    const kinds = model.requests.map(kindOf)
    expect(kinds).toEqual(['draft', 'revise', 'revise', 'revise', 'reflect', 'draft', 'revise', 'revise', 'revise'])
    expect(model.requests[5]?.text).toContain('- Quote exactly.')
    if (result.best !== undefined) expect(reportOn(result.best).unsupported).toHaveLength(1)
  })

  it('tells the model what of the form is wrong, twice at most', async () => {
    const tooMany = { ...revision, queries: ['a', 'b', 'c', 'd'] }
    const model = scriptedModel({ answers: scriptOf([tooMany, tooMany, revision]) })
    const result = await resultOf(research(model, 'How high is the tower?', { documents }))
    expect(result.reason).toBe('passed')
    expect(model.requests.at(-1)?.text).toMatch(/This does not fit: .*queries/s)
    const never = scriptedModel({ answers: scriptOf([tooMany]) })
    const failed = await resultOf(research(never, 'How high is the tower?', { documents, trials: 1 }))
    expect(never.requests).toHaveLength(4)
    expect(failed.warnings.map(({ code }) => code)).toContain('answer-invalid')
    expect(failed).toMatchObject({ best: { answer: draft.answer }, verdict: { passed: false } })
  })

  it('searches with the queries of the model, and keeps the numbers of passages', async () => {
    const asked: string[] = []
    const retrieve = async (query: string) => {
      asked.push(query)
      return documents.filter(({ text }) => text.includes(query.split(' ').at(-1) ?? ''))
    }
    const first = { ...wrong, queries: ['what of the lake'], missing: 'the lake' }
    const second = { ...revision, queries: ['the bridge'], missing: 'the bridge' }
    const model = scriptedModel({ answers: scriptOf([first, second, { ...revision, missing: '' }]) })
    const { best } = await resultOf(research(model, 'the tower', { retrieve }))
    expect(asked).toEqual(['the tower', 'height of the tower', 'what of the lake', 'the bridge'])
    expect(best?.passages.map(({ id }) => id)).toEqual(['tower', 'lake', 'bridge'])
  })

  it('holds models that keep every form to quotes that stand in the passages', async () => {
    const citationsOf = async (format: boolean) => {
      const model = scriptedModel({ can: { format }, answers: scriptOf([revision]) })
      await resultOf(research(model, 'How high is the tower?', { documents }))
      return JSON.stringify(model.requests[1]?.options.format)
    }
    expect(await citationsOf(true)).toContain('"enum":["The tower was built in 1889.","It is 324 metres high."]')
    expect(await citationsOf(false)).not.toContain('324 metres')
  })

  it('shows base models examples', async () => {
    const model = scriptedModel({
      can: { chat: false },
      answers: ({ text }) => JSON.stringify(text.endsWith('Draft:') ? draft : revision),
    })
    expect(await resultOf(research(model, 'How high is the tower?', { documents }))).toMatchObject({ reason: 'passed' })
    expect(model.requests[1]?.text).toContain('346 km')
  })

  it('stays inside its budget', async () => {
    const model = scriptedModel({ answers: scriptOf([wrong]) })
    const result = await resultOf(research(model, 'q', { documents, budget: { modelCalls: 6 } }))
    expect(result).toMatchObject({ reason: 'budget-modelCalls', spent: { modelCalls: 6 } })
  })

  it.each([{}, { documents: [] }, { documents, revisions: 0 }, { documents, perQuery: 0.5 }])(
    'refuses %o',
    (options) => {
      expect(() => research(scriptedModel(), 'q', options)).toThrow(
        expect.objectContaining({ code: 'invalid-argument' }),
      )
    },
  )
})
