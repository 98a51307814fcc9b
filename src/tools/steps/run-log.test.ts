import { describe, expect, it } from 'vitest'
import { eventsOf } from '../../../test/support/events-of.ts'
import { scriptedModel } from '../../testing/index.ts'
import { startRun } from './run.ts'
import { logRun, type RunLog } from './run-log.ts'
import type { StepEvent } from './step.ts'

function memoryLog(): RunLog & { readonly commits: StepEvent<unknown>[][] } {
  const commits: StepEvent<unknown>[][] = []
  return { commits, append: (events) => void commits.push([...events]) }
}

const run = (rounds: number) =>
  startRun<string>('test', { now: () => 0 }, async ({ ask, emit, propose }) => {
    for (let round = 0; round < rounds; round++) {
      emit({ type: 'round-start', round })
      const { text } = await ask(scriptedModel({ answers: ['one two three'] }), 'q', {
        purpose: 'p',
        path: [],
        maxTokens: 9,
      })
      propose(text)
    }
    return 'answered'
  })

describe('logRun', () => {
  it('commits a round at a time, with each text in one piece', async () => {
    const log = memoryLog()
    const told: string[] = []
    for await (const event of logRun(run(2), log)) told.push(event.type)
    expect(log.commits.map((events) => events.map(({ type }) => type))).toEqual([
      ['run-start'],
      ['round-start', 'call-start', 'text-delta', 'end', 'budget-update', 'candidate-add'],
      ['round-start', 'call-start', 'text-delta', 'end', 'budget-update', 'candidate-add', 'run-end'],
    ])
    expect(log.commits[1]?.[2]).toEqual({ type: 'text-delta', call: 0, text: 'one two three' })
    expect(told.filter((type) => type === 'text-delta')).toHaveLength(6)
  })

  it('has a round before the next one is told', async () => {
    const log = memoryLog()
    let rounds = 0
    for await (const event of logRun(run(3), log)) {
      if (event.type !== 'round-start') continue
      expect(log.commits.flat().filter(({ type }) => type === 'candidate-add')).toHaveLength(rounds++)
    }
  })

  it('keeps what was told before the run was left', async () => {
    const log = memoryLog()
    for await (const event of logRun(run(3), log)) if (event.type === 'candidate-add') break
    expect(log.commits.flat().map(({ type }) => type)).toContain('candidate-add')
  })

  it('fails where the log does', async () => {
    const full: RunLog = { append: () => Promise.reject(new Error('disk full')) }
    await expect(eventsOf(logRun(run(1), full))).rejects.toThrow('disk full')
  })
})
