import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { ChatModel, ChatOptions } from '../tools/chat-model.ts'
import { extract } from './extract.ts'

const person = z.object({ name: z.string(), age: z.number().int().nullable() })
const end = { type: 'end', usage: { promptTokens: 1, cachedTokens: 0, generatedTokens: 7 }, seed: 1 } as const
const timings = { waitMs: 0, prefillMs: 0, decodeMs: 0 }

function scripted(answer: string | undefined) {
  const asked: ChatOptions[] = []
  const model: ChatModel = {
    async *chat(_, options = {}) {
      asked.push(options)
      const name = 'save_records'
      if (answer !== undefined) yield { type: 'tool-call', index: 0, id: 'a', name, arguments: answer }
      yield { ...end, reason: answer === undefined ? 'length' : 'tool-calls', timings }
    },
  }
  return { model, asked }
}

describe('extract', () => {
  it('asks for one call whose records are of the schema, greedily', async () => {
    const { model, asked } = scripted('{"records":[{"name":"Anna","age":34},{"name":"Karl","age":null}]}')
    const records = await extract(model, 'Anna (34) and Karl', person, { mostRecords: 5 })
    expect(records.map(({ name, age }) => [name, age])).toEqual([
      ['Anna', 34],
      ['Karl', null],
    ])
    expect(asked[0]).toMatchObject({ toolChoice: { name: 'save_records' }, temperature: 0, parallelToolCalls: false })
    expect(asked[0]?.tools?.[0]?.function.parameters).toMatchObject({
      properties: { records: { maxItems: 5, items: { required: ['name', 'age'] } } },
    })
  })

  it('takes a JSON schema too, and none of its records is an answer', async () => {
    const schema = { type: 'object', properties: { name: { type: 'string' } } } as const
    expect(await extract(scripted('{"records":[]}').model, 'nobody', schema)).toEqual([])
  })

  it('never answers records that are not all there', async () => {
    await expect(extract(scripted(undefined).model, 'Anna', person)).rejects.toMatchObject({
      code: 'context-overflow',
      fields: { generatedTokens: 7 },
    })
  })
})
