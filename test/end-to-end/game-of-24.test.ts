/** The Game of 24 example: on a script that knows a way, on a terminal, and as a program on the default model. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { solve } from '../../examples/game-of-24.ts'
import { realModelPath } from '../support/models.ts'
import { knowingModel } from '../support/search/knowing-model.ts'

it('finds 24 and draws the tree that led there', async () => {
  let shown = ''
  await solve(knowingModel(0.2), '4 9 10 13', { write: (part) => (shown += part) })
  expect(shown).toMatch(/^\d+ nodes · \d+ ends, 1 passed\n● N \d+\n/)
  expect(shown).toMatch(/✔ .* = 24\. The target is made\./)
  expect(shown).toMatch(/\npassed, \d+ calls/)
  expect(shown).not.toContain('\u001B')
})

it('draws again after each iteration on a terminal', async () => {
  let shown = ''
  await solve(knowingModel(0.2), '4 9 10 13', { isTTY: true, columns: 60, rows: 24, write: (part) => (shown += part) })
  const frames = shown.split('\u001B[H\u001B[J').slice(1)
  expect(frames.length).toBeGreaterThan(0)
  expect(Math.max(...frames.map((frame) => frame.trimEnd().split('\n').length))).toBeLessThanOrEqual(24)
})

it('runs on the default model', async () => {
  const path = await realModelPath('smollm2')
  if (path === undefined) return
  const program = fileURLToPath(new URL('../../examples/game-of-24.ts', import.meta.url))
  const child = spawn(process.execPath, [program, '4 9 10 13', path, '20'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^\d+ nodes · \d+ ends, \d passed\n● N \d+\n/)
  expect(stdout).toMatch(/(?:passed|exhausted|budget-\w+), \d+ calls, \d+ of \d+ tokens computed\n$/)
})
