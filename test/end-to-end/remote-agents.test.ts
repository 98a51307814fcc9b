/** Agents over models on other machines: on our own server, and on one that refuses, cuts and garbles. */
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { bestOfN, calculateTool, loop, reflection, selfConsistency } from '../../src/agents/index.ts'
import { load } from '../../src/index.ts'
import { remoteModel } from '../../src/remote/index.ts'
import { createApp } from '../../src/server/app.ts'
import { createModelPool } from '../../src/server/model-pool.ts'
import { listen, type Listening } from '../../src/server/node.ts'
import type { ModelPool } from '../../src/server/served-model.ts'
import type { LanguageModel } from '../../src/tools/language-model.ts'
import type { RunEvent, RunResult } from '../../src/tools/steps/run-event.ts'
import type { Verifier } from '../../src/tools/steps/verifier.ts'
import { eventsOf } from '../support/events-of.ts'
import { type Fault, startFaultyServer } from '../support/faulty-server.ts'
import { endEvent, scriptedModel, scriptedPool, toolCallEvents, words } from '../support/scripted-model.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.ts'
import { writeTinyChatModel } from '../support/tiny-chat-model.ts'

type Agent = (model: LanguageModel) => AsyncIterable<RunEvent<string>>

/** A draft is worth the number that it ends with. */
const verifier: Verifier<string> = {
  source: 'external',
  verify: (text) => {
    const score = Number(/ (0?\.\d+|1)$/.exec(text)?.[1] ?? 0)
    return { passed: score === 1, score, feedback: 'not yet' }
  },
}
const agents: Readonly<Record<string, Agent>> = {
  loop: (model) => loop(model, 'What is 17 * 23?', { tools: [calculateTool], verifier, maxTokens: 24, maxSteps: 3 }),
  reflection: (model) => reflection(model, 'Write.', { verifier, maxTokens: 24, critiqueTokens: 64, rounds: 2 }),
  'best-of-n': (model) =>
    bestOfN<string>(model, [{ role: 'user', content: 'Write.' }], { verifier, maxTokens: 24, samples: 3 }),
  'self-consistency': (model) =>
    selfConsistency(model, [{ role: 'user', content: '17 * 23?' }], { verifier, maxTokens: 24, samples: 3 }),
}
const resultIn = (events: readonly RunEvent<string>[]): RunResult<string> => {
  const last = events.at(-1)
  if (last?.type !== 'run-end') throw new Error(`the last event is ${last?.type}`)
  return last.result
}

describe('on our own server', () => {
  const open: Listening[] = []
  let folder: TemporaryFolder
  beforeAll(async () => {
    folder = await temporaryFolder()
  })
  afterEach(async () => {
    for (const server of open.splice(0)) await server.close({ withinMs: 0 })
  })
  afterAll(() => folder[Symbol.asyncDispose]())

  async function modelOver(models: ModelPool, model: string): Promise<LanguageModel> {
    const app = createApp({ models })
    const server = await listen({ fetch: (request) => app.fetch(request), host: '127.0.0.1', port: 0 })
    open.push(server)
    return remoteModel({ baseUrl: `http://127.0.0.1:${server.port}/v1`, model, contextTokens: 1024 })
  }

  it.each([
    ['loop', 'It is 391 1'],
    ['reflection', 'draft 1'],
    ['best-of-n', 'draft 1'],
    ['self-consistency', 'draft 1'],
  ])('%s comes to its end', async (name, best) => {
    let drafts = 0
    const script = scriptedModel({
      answer: ({ options, messages }) => {
        if (options.format !== undefined) return words('{"issues":[],', '"score":4}')
        if (options.tools === undefined) return words('draft ', drafts++ === 0 ? '0.5' : '1')
        const isAnswered = messages?.at(-1)?.role === 'tool'
        if (isAnswered) return words('It is 391 1')
        return [...toolCallEvents(0, 'calculate', { expression: '17 * 23' }), endEvent('tool-calls', 5)]
      },
    })
    const events = await eventsOf((agents[name] as Agent)(await modelOver(scriptedPool(script), 'scripted')))
    expect(resultIn(events)).toMatchObject({ best, reason: 'passed', verified: true })
    expect(events.some((event) => event.type === 'tool-result' && event.result === '391')).toBe(name === 'loop')
  })

  it('run on a real engine of random weights, within their budgets', async () => {
    const path = join(folder.path, 'tiny.gguf')
    await writeTinyChatModel(path)
    const pool = createModelPool({
      entries: async () => [{ id: 'tiny', aliases: [], sizeBytes: 1, created: 0, licence: undefined }],
      load: () => load(path, { threads: 1, context: 8192 }),
      defaultModel: 'tiny',
    })
    const model = await modelOver(pool, 'tiny')
    for (const agent of Object.values(agents)) {
      const { reason, spent } = resultIn(await eventsOf(agent(model)))
      expect(['exhausted', 'plateau', 'stuck']).toContain(reason)
      expect(spent.tokensSeen).toBeGreaterThan(0)
    }
    await pool.close()
  })
})

describe('on a server with faults', () => {
  /** Drafts that get better; an empty critique where one is asked for. */
  const answers = () => {
    let drafts = 0
    return (body: { readonly response_format?: unknown }) =>
      body.response_format === undefined ? `draft 0.${++drafts}` : '{"issues":[],"score":4}'
  }
  const remote = (baseUrl: string) => remoteModel({ baseUrl, model: 'strong', contextTokens: 4096 })

  it.each(Object.entries(agents))('%s waits for it when it is busy', async (_, agent) => {
    await using calm = await startFaultyServer(answers())
    await using busy = await startFaultyServer(answers(), { 0: 'busy', 1: 'busy' })
    const expected = resultIn(await eventsOf(agent(remote(calm.baseUrl))))
    const result = resultIn(await eventsOf(agent(remote(busy.baseUrl))))
    // Samples come at once: which of them is refused, and so comes last, is chance.
    expect([result.reason, result.best?.slice(0, 5)]).toEqual([expected.reason, 'draft'])
    expect(busy.requests()).toBeGreaterThan(calm.requests())
  })

  describe.each(['cut', 'reset', 'malformed', 'broken'] satisfies Fault[])('an answer that is %s', (fault) => {
    it.each(Object.entries(agents))('ends %s with an error and its best so far', async (name, agent) => {
      const isFirst = name === 'loop'
      // Of reflection the revision fails, of samples the last, of the loop its only answer.
      await using server = await startFaultyServer(answers(), { [isFirst ? 0 : 2]: fault })
      const events: RunEvent<string>[] = []
      const run = eventsOf(agent(remote(server.baseUrl)), events)
      await expect(run).rejects.toMatchObject({ name: 'OstroError', code: 'network' })
      const { best, reason } = resultIn(events)
      expect([reason, best]).toEqual(['failed', isFirst ? undefined : expect.stringMatching(/^draft 0\.[12]$/)])
    })
  })

  it('has what a cut answer had said so far among its events, but not as a candidate', async () => {
    await using server = await startFaultyServer(() => 'a long answer', { 0: 'cut' })
    const events: RunEvent<string>[] = []
    await expect(eventsOf(loop(remote(server.baseUrl), 'q'), events)).rejects.toThrow('ended before its answer')
    const types = events.map(({ type }) => type)
    expect([types.includes('text-delta'), types.includes('candidate-add')]).toEqual([true, false])
  })
})
