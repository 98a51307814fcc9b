import { describe, expect, it } from 'vitest'
import { ruleTools } from './approval-rules.ts'
import { runCall } from './loop.ts'
import { tool } from './tool.ts'

const named = (name: string, needsApproval?: boolean) =>
  tool({ name, run: () => `${name} ran`, ...(needsApproval === undefined ? {} : { needsApproval }) })
const tools = [named('read'), named('write', true), named('drop', true)]
const ruled = (rules: Parameters<typeof ruleTools>[1]) =>
  ruleTools(tools, rules).map((one) => `${one.function.name}${one.needsApproval === true ? '?' : ''}`)

describe('ruleTools', () => {
  it.each([
    [{}, ['read', 'write?', 'drop?']],
    [{ allow: ['write'] }, ['read', 'write', 'drop?']],
    [{ allow: ['write'], deny: ['drop'] }, ['read', 'write']],
    [{ ask: ['read'] }, ['read?', 'write?', 'drop?']],
    [{ allow: ['read'], deny: ['*'] }, ['read']],
    [{ allow: ['*'], ask: ['drop'] }, ['read', 'write', 'drop?']],
  ])('%j leaves %j', (rules, left) => {
    expect(ruled(rules)).toEqual(left)
  })

  it('refuses rules that would do nothing', () => {
    expect(() => ruled({ deny: ['dorp'] })).toThrow('one of read, write, drop to deny expected, got dorp')
    expect(() => ruled({ allow: ['write'], deny: ['write'] })).toThrow('it is in allow and deny')
  })

  it('asks about each call by its exact arguments, and about no other tool', async () => {
    const asked: string[] = []
    const approve = (call: { name: string; arguments: string }) => {
      asked.push(`${call.name} ${call.arguments}`)
      return call.arguments === '{"id":1}'
    }
    const limits = { approve, timeoutMs: 1000, signal: undefined }
    const call = async (name: string, text: string) => {
      const found = ruleTools(tools, { allow: ['write'] }).find((one) => one.function.name === name)
      if (found === undefined) throw new Error(`no ${name}`)
      return runCall({ type: 'tool-call', index: 0, id: 'a', name, arguments: text }, found, limits)
    }
    expect(await call('drop', '{"id":1}')).toMatchObject({ output: 'drop ran' })
    expect(await call('drop', '{"id":2}')).toMatchObject({ error: 'denied' })
    expect(await call('write', '{"id":3}')).toMatchObject({ output: 'write ran' })
    expect(asked).toEqual(['drop {"id":1}', 'drop {"id":2}'])
  })
})
