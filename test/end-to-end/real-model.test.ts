/** The default model from file to text, through the public interface. Skips where the model was not pulled. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { load, type ChatMessage, type Model } from '../../src/index.ts'
import { realModelPath } from '../support/models.ts'

const path = await realModelPath('smollm2')

describe.skipIf(path === undefined)('SmolLM2 135M', () => {
  let model: Model

  beforeAll(async () => {
    model = await load(path ?? '', { context: 2048 })
  })

  afterAll(() => model.dispose())

  it('knows the capital of France', async () => {
    const { text } = await model.complete('The capital of France is', { maxTokens: 8, temperature: 0 })
    expect(text).toContain('Paris')
  })

  it('ends its answer by itself, and reads only what is new in the second turn', async () => {
    const messages: ChatMessage[] = [
      { role: 'user', content: 'What is the capital of France? Answer in one sentence.' },
    ]
    let text = ''
    let firstUsage
    for await (const event of model.chat(messages, { temperature: 0, maxTokens: 100 })) {
      if (event.type === 'text-delta') text += event.text
      if (event.type === 'end') {
        expect(event.reason).toBe('stop')
        firstUsage = event.usage
      }
    }
    expect(text).toContain('Paris')
    expect(text).not.toContain('<|im_end|>')
    messages.push({ role: 'assistant', content: text }, { role: 'user', content: 'And of Germany?' })
    for await (const event of model.chat(messages, { temperature: 0, maxTokens: 8 })) {
      if (event.type !== 'end') continue
      expect(event.usage.cachedTokens).toBeGreaterThanOrEqual(firstUsage?.promptTokens ?? Infinity)
    }
  })

  it('leaves the caller free during prefill and stops it within a chunk', async () => {
    const controller = new AbortController()
    const prompt = 'The quick brown fox jumps over the lazy dog. '.repeat(150)
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    let chunks = 0
    let reason = ''
    let abortedAt = 0
    for await (const event of model.stream(prompt, { signal: controller.signal })) {
      if (event.type === 'prefill-progress' && ++chunks === 2) {
        controller.abort()
        abortedAt = event.doneTokens
      }
      if (event.type === 'prefill-progress') expect(event.doneTokens - abortedAt).toBeLessThanOrEqual(2 * 256)
      if (event.type === 'end') reason = event.reason
    }
    clearInterval(timer)
    expect(reason).toBe('aborted')
    // A thread that computes a chunk would tick once between two events, and there are few of these.
    expect(ticks).toBeGreaterThan(20)
  })

  it('ostro run stops at Ctrl-C with exit code 130', async () => {
    const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
    // Greedy, because a drawn answer may be over before the signal is there.
    const args = ['run', path ?? '', 'Tell me a long story about a dragon.', '-t', '0', '-n', '2000']
    const child = spawn(process.execPath, [main, ...args])
    child.stdout.once('data', () => child.kill('SIGINT'))
    let err = ''
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString()
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect(err).toContain('interrupted')
    expect(code).toBe(130)
  })
})
