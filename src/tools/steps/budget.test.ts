import { describe, expect, it } from 'vitest'
import { createLedger } from './budget.ts'

const still = () => 0
const usage = (promptTokens: number, cachedTokens: number, generatedTokens: number) => ({
  promptTokens,
  cachedTokens,
  generatedTokens,
})

describe('createLedger', () => {
  it('counts what was used, not what was reserved', () => {
    const ledger = createLedger({ tokens: 100 }, still)
    const call = ledger.reserve(60)
    expect(ledger.left('tokens')).toBe(40)
    call.settle(usage(30, 20, 5))
    call.settle(usage(30, 20, 5))
    expect(ledger.left('tokens')).toBe(65)
    expect(ledger.spent()).toMatchObject({ tokensSeen: 35, tokensComputed: 15, modelCalls: 1 })
  })

  it('gives back what a failed call had reserved', () => {
    const ledger = createLedger({ tokens: 100 }, still)
    ledger.reserve(100).settle(undefined)
    expect(ledger.left('tokens')).toBe(100)
  })

  it.each([
    ['tokens', { tokens: 10 }, 11],
    ['modelCalls', { modelCalls: 1 }, 1],
  ] as const)('refuses a call beyond its %s', (unit, budget, tokens) => {
    const ledger = createLedger(budget, still)
    if (unit === 'modelCalls') ledger.reserve(1)
    expect(() => ledger.reserve(tokens)).toThrow(expect.objectContaining({ code: 'budget-reached', fields: { unit } }))
  })

  it('refuses tools and nodes beyond theirs, and counts nothing then', () => {
    const ledger = createLedger({ toolCalls: 2, nodes: 1 }, still)
    ledger.take('toolCalls', 2)
    expect(() => ledger.take('toolCalls')).toThrow('toolCalls')
    expect(() => ledger.take('nodes', 2)).toThrow('nodes')
    expect(ledger.spent()).toMatchObject({ toolCalls: 2, nodes: 0 })
  })

  it('refuses a call after its time', () => {
    let now = 5
    const ledger = createLedger({ wallMs: 10 }, () => now)
    ledger.reserve(1)
    now = 16
    expect(() => ledger.reserve(1)).toThrow('wallMs')
    expect(ledger.spent().wallMs).toBe(11)
  })

  it('cuts the budget of a child from its own', () => {
    const ledger = createLedger({ tokens: 100, modelCalls: 2 }, still)
    const child = ledger.child({ tokens: 50 })
    expect(child.left('tokens')).toBe(50)
    child.reserve(50).settle(usage(20, 0, 20))
    expect(ledger.left('tokens')).toBe(60)
    expect(() => child.reserve(20)).toThrow('tokens')
    ledger.reserve(55)
    expect(child.left('tokens')).toBe(5)
    expect(() => child.reserve(1)).toThrow('modelCalls')
  })

  it('counts nothing in a child whose parent refuses', () => {
    const child = createLedger({ modelCalls: 1, nodes: 1 }, still).child({})
    child.reserve(1)
    expect(() => child.reserve(1)).toThrow('modelCalls')
    child.take('nodes')
    expect(() => child.take('nodes')).toThrow('nodes')
    expect(child.spent()).toMatchObject({ modelCalls: 1, nodes: 1 })
  })

  it.each([{ tokens: 0 }, { tokens: Number.NaN }, { wallMs: -1 }, { tokenz: 5 }])('refuses the budget %o', (budget) => {
    expect(() => createLedger(budget, still)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  })
})
