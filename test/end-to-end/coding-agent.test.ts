/** The coding example: on a script that learns from a failed test, and as a program on the default model. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { showCoding } from '../../examples/coding-agent.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { realModelPath } from '../support/models.ts'

it('tells its trials, the tests that fail and what was learnt, until all pass', async () => {
  const task = {
    functionName: 'clamp',
    description: 'Keeps x between low and high.',
    examples: [
      { call: 'clamp(5, 0, 3)', expected: '3' },
      { call: 'clamp(-1, 0, 3)', expected: '0' },
    ],
  }
  const right = 'const clamp = (x, low, high) => Math.max(low, Math.min(x, high))'
  const answers = [
    '```js\nconst clamp = (x, low, high) => Math.min(x, high)\n```',
    'I forgot the lower end.',
    `\`\`\`js\n${right}\n\`\`\``,
  ]
  let printed = ''
  const model = scriptedModel({ answers })
  const result = await showCoding(model, task, (piece) => {
    printed += piece
  })
  expect(result).toEqual({ source: right, passed: true })
  expect(printed).toMatch(/trial 1\n[^]*tests: clamp\(-1, 0, 3\) should give 0, but it gave -1\n/)
  expect(printed).toMatch(/I forgot the lower end\.[^]*trial 2\n[^]*tests: all pass\n[^]*passed: 3 answers/)
})

it('runs on the default model', async () => {
  if ((await realModelPath('smollm2')) === undefined) return
  const program = fileURLToPath(new URL('../../examples/coding-agent.ts', import.meta.url))
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  expect([0, 1]).toContain(code)
  expect(stdout).toMatch(/trial 1\n[^]*── tests: /)
  expect(stdout).toMatch(code === 0 ? /── passed: \d+ answers/ : /── exhausted: \d+ answers/)
})
