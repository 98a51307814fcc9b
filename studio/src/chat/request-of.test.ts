import { describe, expect, it } from 'vitest'
import { emptyAnswer } from './answer.ts'
import type { AssistantMessage, Turn } from './conversation.ts'
import { requestOf } from './request-of.ts'
import { type ChatSettings, initialSettings, type ToolSetting } from './settings.ts'

const user = (text: string): Turn => ({ id: text, parentId: undefined, createdAt: 0, message: { role: 'user', text } })
const answer = (message: Partial<AssistantMessage>): Turn => ({
  id: 'a',
  parentId: undefined,
  createdAt: 0,
  message: { ...emptyAnswer('m'), status: 'done', ...message },
})
const tool: ToolSetting = { name: 'f', description: 'd', parameters: '{"type":"object"}', enabled: true }
const settings = (change: Partial<ChatSettings>): ChatSettings => ({ ...initialSettings, ...change })
const called = answer({ toolCalls: [{ id: 'c', name: 'f', arguments: '{}', result: '42' }] })

describe('requestOf', () => {
  it('leaves to the server what nobody set', () => {
    expect(requestOf([user('hi')], initialSettings, 'm')).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'hi' }],
    })
  })

  it('carries the sampling, the system prompt and the schema', () => {
    const chosen = settings({
      systemPrompt: 'Be brief',
      temperature: 0,
      topP: 0.9,
      maxTokens: 8,
      seed: 0,
      output: 'schema',
      schema: '{"type":"object"}',
    })
    expect(requestOf([user('hi')], chosen, 'm')).toMatchObject({
      messages: [{ role: 'system', content: 'Be brief' }, { role: 'user' }],
      temperature: 0,
      top_p: 0.9,
      max_completion_tokens: 8,
      seed: 0,
      response_format: { type: 'json_schema', json_schema: { schema: { type: 'object' } } },
    })
  })

  it('sends both where one of temperature and top-p is set, for the defaults hold together', () => {
    expect(requestOf([], settings({ topP: 0.5 }), 'm')).toMatchObject({ temperature: 0.6, top_p: 0.5 })
    expect(requestOf([], settings({ temperature: 1 }), 'm')).toMatchObject({ temperature: 1, top_p: 0.95 })
  })

  it('sends a call with its result as the interface wants them', () => {
    expect(requestOf([user('hi'), called], initialSettings, 'm').messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c', content: '42' },
    ])
  })

  it('answers for the user where a call was never run', () => {
    const open = answer({ toolCalls: [{ id: 'c', name: 'f', arguments: '{}', result: undefined }] })
    expect(requestOf([user('hi'), open, user('go on')], initialSettings, 'm').messages[2]).toMatchObject({
      role: 'tool',
      content: 'The user did not run this function.',
    })
  })

  it('sends only functions that are on, and leaves an answer out that failed before its first word', () => {
    const failure = { status: 500, code: undefined, message: '', field: undefined, retryAfterSeconds: undefined }
    const request = requestOf(
      [user('hi'), answer({ failure })],
      settings({ tools: [tool, { ...tool, name: 'g', enabled: false }] }),
      'm',
    )
    expect(request.tools?.map((each) => each.function.name)).toEqual(['f'])
    expect(request.messages).toHaveLength(1)
  })

  it('forces a call once, then lets the model speak', () => {
    const forced = settings({ tools: [tool], toolChoice: 'tool:f' })
    expect(requestOf([user('hi')], forced, 'm').tool_choice).toEqual({ type: 'function', function: { name: 'f' } })
    expect(requestOf([user('hi'), called], forced, 'm').tool_choice).toBe('auto')
    expect(requestOf([user('hi'), called], settings({ tools: [tool], toolChoice: 'none' }), 'm').tool_choice).toBe(
      'none',
    )
  })

  it('refuses to send what is no schema, and says where', () => {
    expect(() => requestOf([], settings({ tools: [{ ...tool, parameters: '{' }] }), 'm')).toThrow(/“f” cannot be sent/)
    expect(() => requestOf([], settings({ output: 'schema', schema: '[]' }), 'm')).toThrow(/schema cannot be sent/)
  })
})
