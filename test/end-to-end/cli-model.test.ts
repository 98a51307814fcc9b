/** The commands that run a model, as spawned programs, on a model of a few kilobytes. */
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { goldenRoot } from '../support/golden.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.ts'
import { tinyBaseModel, writeTinyChatModel } from '../support/tiny-chat-model.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

let folder: TemporaryFolder
let chatModel: string

beforeAll(async () => {
  folder = await temporaryFolder()
  chatModel = join(folder.path, 'chat.gguf')
  await writeTinyChatModel(chatModel)
})

afterAll(() => folder[Symbol.asyncDispose]())

interface Result {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function ostro(args: readonly string[], options: { input?: string } = {}): Promise<Result> {
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, OSTRO_HOME: folder.path } })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString()
  })
  child.stdin.end(options.input ?? '')
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })))
}

const jsonLines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, never>)

describe('ostro chat', () => {
  it('answers one prompt per line, keeps the conversation, reads only what is new, ends with 0', async () => {
    const { code, out } = await ostro(['chat', chatModel, '--json', '-n', '3', '-t', '0'], { input: 'hi\n\nyou\n' })
    expect(code).toBe(0)
    const answers = jsonLines(out) as unknown as {
      prompt: string
      usage: { promptTokens: number; cachedTokens: number }
    }[]
    expect(answers.map(({ prompt }) => prompt)).toEqual(['hi', 'you'])
    expect(answers[0].usage.cachedTokens).toBe(0)
    expect(answers[1].usage.promptTokens).toBeGreaterThan(answers[0].usage.promptTokens)
    expect(answers[1].usage.cachedTokens).toBeGreaterThanOrEqual(answers[0].usage.promptTokens - 1)
  })

  it('prints plain text without --json and understands /clear', async () => {
    const { code, out } = await ostro(['chat', chatModel, '-n', '3', '-t', '0'], { input: 'hi\n/clear\nhi\n' })
    expect(code).toBe(0)
    const half = out.length / 2
    expect(out.slice(half)).toBe(out.slice(0, half))
  })

  it('refuses a base model and says what to do', async () => {
    const { code, err } = await ostro(['chat', tinyBaseModel], { input: 'hi\n' })
    expect(code).toBe(2)
    expect(err).toContain('ostro run')
  })
})

describe('ostro run', () => {
  it('same seed, same text', async () => {
    const args = ['run', tinyBaseModel, 'hello', '--json', '-n', '8', '-t', '1.5', '--seed', '5']
    const [first, second] = await Promise.all([ostro(args), ostro(args)])
    expect(first.code).toBe(0)
    const [a] = jsonLines(first.out)
    expect(jsonLines(second.out)[0].text).toBe(a.text)
    expect(a).toMatchObject({ reason: 'length', seed: 5, usage: { generatedTokens: 8 } })
  })

  it('reads the prompt from standard input', async () => {
    const [piped, given] = await Promise.all([
      ostro(['run', tinyBaseModel, '-', '-n', '4', '-t', '0'], { input: 'hello\n' }),
      ostro(['run', tinyBaseModel, 'hello', '-n', '4', '-t', '0']),
    ])
    expect(piped.code).toBe(0)
    expect(piped.out).toBe(given.out)
  })

  it('names both counts when the prompt does not fit, with the exit code of usage', async () => {
    const { code, err } = await ostro(['run', tinyBaseModel, 'x'.repeat(300), '--json'])
    expect(code).toBe(2)
    expect(jsonLines(err)[0].error).toMatchObject({ code: 'context-overflow', fields: { contextTokens: 128 } })
  })

  it('has the exit codes of a missing, a corrupt model and of bad flags', async () => {
    const corrupt = join(folder.path, 'corrupt.gguf')
    await writeFile(corrupt, 'GGUF and nothing behind')
    const [missing, broken, usage] = await Promise.all([
      ostro(['run', join(folder.path, 'none.gguf'), 'x']),
      ostro(['run', corrupt, 'x']),
      ostro(['run', tinyBaseModel, 'x', '--temperature', 'warm']),
    ])
    expect([missing.code, broken.code, usage.code]).toEqual([3, 5, 2])
  })
})

describe('ostro tokenize, inspect, perplexity, bench', () => {
  it('tokenises, and back', async () => {
    const { code, out } = await ostro(['tokenize', tinyBaseModel, 'abc', '--json'])
    expect(code).toBe(0)
    const { tokens, count } = jsonLines(out)[0] as unknown as { tokens: { id: number }[]; count: number }
    expect([count, tokens[0].id]).toEqual([tokens.length, 1])
    const back = await ostro(['tokenize', tinyBaseModel, tokens.map(({ id }) => id).join(' '), '--decode'])
    expect(back.out).toContain('abc')
  })

  it('prints the plan', async () => {
    const [json, text] = await Promise.all([
      ostro(['inspect', tinyBaseModel, '--plan', '--json']),
      ostro(['inspect', tinyBaseModel, '--plan']),
    ])
    const value = jsonLines(json.out)[0] as unknown as { architecture: string; plan: unknown[]; steps: number }
    expect(value).toMatchObject({ architecture: 'llama', parameters: 43_272 })
    expect(value.plan).toHaveLength(value.steps)
    expect(text.out).toContain('blk.2.ffn_down')
  })

  it('measures the perplexity that the logits give', async () => {
    const file = join(folder.path, 'text.txt')
    await writeFile(file, 'the quick brown fox jumps over the lazy dog. '.repeat(4))
    const { code, out } = await ostro(['perplexity', file, '--model', tinyBaseModel, '--chunk', '32', '--json'])
    expect(code).toBe(0)
    const value = jsonLines(out)[0] as unknown as {
      perplexity: number
      meanNll: number
      chunks: number
      predictions: number
    }
    // llama.cpp's procedure: of each chunk the predictions behind its middle count.
    expect(value.predictions).toBe(value.chunks * 15)
    expect(value.perplexity).toBeCloseTo(Math.exp(value.meanNll), 9)
  })

  it('measures tokens per second', async () => {
    const { code, out } = await ostro([
      'bench',
      tinyBaseModel,
      '--prompt',
      '32',
      '--decode',
      '8',
      '--runs',
      '1',
      '--per-op',
      '--json',
    ])
    expect(code).toBe(0)
    const value = jsonLines(out)[0]
    expect(value.prefillTokensPerSecond).toBeGreaterThan(0)
    expect(value.decodeOps).not.toHaveLength(0)
  })

  it('loads a folder of safetensors', async () => {
    const { code, out } = await ostro(['inspect', join(goldenRoot, 'qwen3'), '--json'])
    expect(code).toBe(0)
    expect(jsonLines(out)[0]).toMatchObject({ architecture: 'qwen3', structure: 'decoder' })
  })

  it('inspects both sides of an encoder-decoder', async () => {
    const { code, out } = await ostro(['inspect', join(goldenRoot, 't5'), '--plan', '--json'])
    expect(code).toBe(0)
    const value = jsonLines(out)[0] as unknown as { encoderPlan: unknown[]; encoderSteps: number }
    expect(value).toMatchObject({ kind: 'translator', structure: 'encoder-decoder' })
    expect(value.encoderPlan).toHaveLength(value.encoderSteps)
  })
})
