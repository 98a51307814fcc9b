/** The three uses of function calling, as their examples show them, with the default model. Skips where the model was not pulled. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { realModelPath } from '../support/models.ts'

const path = await realModelPath('smollm2')

async function runExample(name: string, ...args: string[]): Promise<string> {
  const file = fileURLToPath(new URL(`../../examples/${name}.ts`, import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], { timeout: 240_000 })
  return stdout
}

describe.skipIf(path === undefined)('function calling with SmolLM2 135M', () => {
  it('assists: calls a service, gets its answer, and speaks', async () => {
    const output = await runExample('assistant', 'What is the weather in Paris?')
    expect(output).toMatch(/^call {4}get_weather \{.*"city": ?"Paris".*\}$/m)
    expect(output).toContain('result  {"sky":"rain","celsius":11}')
    expect(output.trim().split('\n').length).toBeGreaterThan(2)
  })

  it('turns a request into one call of an API, whose arguments its schema allows', async () => {
    const output = await runExample('api-call')
    const call = /^GET \/customers (\{.*\})$/m.exec(output)?.[1]
    const names = Object.keys(JSON.parse(call ?? '') as object)
    expect(names.every((name) => ['min_revenue', 'created_before', 'limit'].includes(name))).toBe(true)
    expect(output).toMatch(/name: '|\[\]/)
  })

  it('extracts the records of a text', async () => {
    const output = await runExample('extract')
    expect(output).toMatch(/'Anna.*│ 34/)
    expect(output).toMatch(/'Karl.*│ 41/)
  })
})
