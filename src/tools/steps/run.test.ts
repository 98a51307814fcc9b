import { describe, expect, it } from 'vitest'
import { scriptedModel } from '../../testing/index.ts'
import { OstroError } from '../../util/error.ts'
import { resultOf, startRun } from './run.ts'
import type { RunEvent } from './run-event.ts'
import type { Verdict } from './verifier.ts'

const verdict = (score: number, passed = false): Verdict => ({ score, passed, feedback: '' })

describe('startRun', () => {
  it('keeps the best: by passed, then score, then earlier', async () => {
    const order = async (...verdicts: Verdict[]) => {
      const run = startRun<number>('test', {}, async ({ propose, judge }) => {
        for (const [index, each] of verdicts.entries()) judge(index, propose(index), each, true)
        return 'exhausted'
      })
      return (await resultOf(run)).best
    }
    expect(await order(verdict(0.5), verdict(0.9), verdict(0.7))).toBe(1)
    expect(await order(verdict(0.9), verdict(0.1, true), verdict(0.8))).toBe(1)
    expect(await order(verdict(0.4), verdict(0.4))).toBe(0)
  })

  it('is verified only by somebody who is no model', async () => {
    const by = async (source: 'external' | 'oracle' | 'model') => {
      const run = startRun<string>('test', {}, async ({ propose, verify }) => {
        await verify({ source, verify: () => verdict(1, true) }, 'x', propose('x'))
        return 'passed'
      })
      return (await resultOf(run)).verified
    }
    expect(await Promise.all([by('external'), by('oracle'), by('model')])).toEqual([true, true, false])
  })

  it('ends at its deadline with what is best so far, and its signal stops the model', async () => {
    const model = scriptedModel()
    model.barrier(2)
    const run = startRun<string>('test', { budget: { wallMs: 20 } }, async ({ propose, ask }) => {
      propose('draft')
      await ask(model, 'q', { purpose: 'wait', path: [], maxTokens: 5 })
      return 'answered'
    })
    expect(await resultOf(run)).toMatchObject({ best: 'draft', reason: 'budget-wallMs' })
    expect(model.pending()).toBe(0)
  })

  it('counts calls that nobody waited for', async () => {
    const model = scriptedModel({ answers: ['a b c'] })
    const run = startRun<string>('test', {}, async ({ ask }) => {
      const options = { purpose: 'one', maxTokens: 5 }
      void ask(model, 'first', { ...options, path: [0] })
      await ask(model, 'second', { ...options, path: [1] })
      return 'answered'
    })
    const { spent } = await resultOf(run)
    expect(spent.modelCalls).toBe(2)
    expect(spent.tokensSeen).toBeGreaterThan(4)
  })

  it('does not start when its signal has fired', async () => {
    let started = false
    const run = startRun<string>('test', { signal: AbortSignal.abort() }, async () => {
      started = true
      return 'answered'
    })
    expect(await resultOf(run)).toMatchObject({ best: undefined, reason: 'cancelled' })
    expect(started).toBe(false)
  })

  it('takes the budget of a run inside another from it', async () => {
    const model = scriptedModel({ answers: ['a b c d e'] })
    const outer = startRun<string>('outer', { budget: { tokens: 20 } }, async ({ ledger }) => {
      const inner = startRun<string>('inner', { parent: ledger }, async ({ ask }) => {
        for (let round = 0; ; round++) await ask(model, 'q', { purpose: 'more', path: [round], maxTokens: 5 })
      })
      return (await resultOf(inner)).reason
    })
    expect(await resultOf(outer)).toMatchObject({ reason: 'budget-tokens', spent: { tokensSeen: 18 } })
  })

  it('gives each path a seed of its own, the same ones each time', async () => {
    const seeds = async (seed: number) => {
      const model = scriptedModel()
      const run = startRun<string>('test', { seed }, async ({ ask }) => {
        for (const path of [[0], [1], [0, 'a']]) await ask(model, 'q', { purpose: 'p', path, maxTokens: 5 })
        return 'answered'
      })
      await resultOf(run)
      return model.requests.map(({ options }) => options.seed)
    }
    const first = await seeds(1)
    expect(new Set([...first, ...(await seeds(2))]).size).toBe(6)
    expect(await seeds(1)).toEqual(first)
  })

  it('counts scores: the prompt once, and the continuations', async () => {
    const run = startRun<string>('test', {}, async ({ score }) => {
      await score(scriptedModel(), 'one two three', [' yes', ' no it'])
      return 'answered'
    })
    expect((await resultOf(run)).spent).toMatchObject({ tokensSeen: 6, modelCalls: 1 })
  })

  it('refuses verdicts and seeds out of range', async () => {
    const run = startRun<string>('test', {}, async ({ verify, propose }) => {
      await verify({ source: 'external', verify: () => verdict(1.5) }, 'x', propose('x'))
      return 'passed'
    })
    await expect(resultOf(run)).rejects.toThrow('1.5')
    await expect(resultOf(startRun('test', { seed: -1 }, async () => 'passed'))).rejects.toThrow('seed')
  })

  it('is stopped, not waited for, where its stream is left', async () => {
    const model = scriptedModel({ answers: ['a'] })
    const run = startRun<string>('test', {}, async ({ ask }) => {
      for (let round = 0; round < 50; round++) await ask(model, 'q', { purpose: 'one', path: [round], maxTokens: 5 })
      return 'exhausted'
    })
    for await (const { type } of run) if (type === 'end') break
    expect(model.pending()).toBe(0)
    expect(model.requests.length).toBeLessThan(5)
  })

  it('hands events on as they come', async () => {
    let release = (): void => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const run = startRun<string>('test', {}, async ({ emit }) => {
      emit({ type: 'round-start', round: 0 })
      await released
      throw new OstroError('device', 'broken')
    })
    const types: RunEvent<string>['type'][] = []
    const read = async () => {
      for await (const { type } of run) {
        types.push(type)
        if (type === 'round-start') release()
      }
    }
    await expect(read()).rejects.toThrow('broken')
    expect(types).toEqual(['run-start', 'round-start', 'run-end'])
  })
})
