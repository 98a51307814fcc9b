/** The essay example: as a program on the default model, and on a script that shows what it is for. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { writeEssay } from '../../examples/essay-reflection.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { realModelPath } from '../support/models.ts'

const filler = Array.from({ length: 60 }, () => 'and').join(' ')
const points = ['gravity', 'the Moon', 'the Sun', 'twice a day']

it('gets better by what the rubric says, and keeps the best draft', async () => {
  const drafts = [points.slice(0, 2), points.slice(0, 3), ['nothing'], points].map(
    (said) => `${said.join(' ')} ${filler}`,
  )
  let written = 0
  const model = scriptedModel({
    answers: ({ options }) => (options.format === undefined ? String(drafts[written++]) : '{"issues":[],"score":5}'),
  })
  const lines: string[] = []
  await writeEssay(model, (line) => lines.push(line))
  expect(lines.filter((line) => line.startsWith('score')).map((line) => line.slice(0, 10))).toEqual([
    'score 0.71',
    'score 0.86',
    'score 0.43',
    'score 1.00',
  ])
  expect(lines.at(-1)).toContain('passed, best score 1.00')
  // The third revision started from the second draft, which was better than the third.
  expect(model.requests.at(-1)?.text).toContain(`Draft: ${drafts[1]}`)
})

it('runs on the default model', async () => {
  const path = await realModelPath('smollm2')
  if (path === undefined) return
  const program = fileURLToPath(new URL('../../examples/essay-reflection.ts', import.meta.url))
  const child = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  expect(code).toBe(0)
  expect(stdout).toMatch(/round 1\n[^]*score 0\.\d\d|score 1/)
  expect(stdout).toMatch(
    /(?:passed|threshold|plateau|exhausted|budget-tokens), best score [01]\.\d\d, \d+ tokens\n\n\w/,
  )
})
