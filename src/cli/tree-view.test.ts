import { describe, expect, it } from 'vitest'
import type { StepEvent } from '../tools/steps/step.ts'
import { createOutput } from './output.ts'
import { treeRunView } from './tree-view.ts'

const events: StepEvent<unknown>[] = [
  { type: 'run-start', name: 'lats', seed: 0 },
  { type: 'node-create', node: 1, parent: 0, action: '13 - 9', observation: '13 - 9 = 4.', rollout: false },
  { type: 'node-evaluate', node: 1, value: 0.7, selfConsistency: 1, verdict: undefined },
  { type: 'path-update', path: [0, 1], reward: 0.5 },
  {
    type: 'run-end',
    result: {
      best: undefined,
      verdict: undefined,
      verified: false,
      reason: 'exhausted',
      warnings: [],
      spent: { tokensSeen: 0, tokensComputed: 0, wallMs: 0, modelCalls: 0, toolCalls: 0, nodes: 1 },
    },
  },
]

function shown(isTTY: boolean): string {
  let text = ''
  const stream = { isTTY, columns: 80, rows: 24, write: (part: string) => (text += part) }
  const view = treeRunView(
    createOutput({ json: false, env: { NO_COLOR: '1' }, stdout: stream, stderr: stream }),
    stream,
  )
  for (const event of events) view.show(event)
  return text
}

describe('tree view', () => {
  it('draws the tree once where there is no terminal', () => {
    const text = shown(false)
    expect(text).toContain('└─ 13 - 9  Q 0.60  N 1  v 0.70')
    expect(text).not.toContain('\u001b')
  })

  it('draws over its last frame on a terminal', () => {
    expect(shown(true)).toMatch(/F.\[0J2 nodes/)
  })
})
