import { expect, it } from 'vitest'
import type { Step } from '../api/steps.ts'
import { exampleForm } from './example-form.ts'

const step: Step = {
  name: 'search',
  description: '',
  uses: [],
  allowed: true,
  input: { properties: { task: { type: 'string' } }, required: ['task'] },
  config: {
    properties: {
      world: { type: 'string', enum: ['grid', 'sums'], default: 'sums', 'x-input-forms': { grid: '7', sums: '4 9' } },
    },
  },
}
const example = { input: { task: '1 2' }, config: { iterations: '12' } }

it('is one of the world that was chosen, and keeps the choice', () => {
  const form = (world: string | undefined) => ({ input: {}, config: { world }, problems: {} })
  expect(exampleForm(step, form('grid'), example)).toEqual({
    input: { task: '7' },
    config: { iterations: '12', world: 'grid' },
  })
  expect(exampleForm(step, form(undefined), example).input).toEqual({ task: '4 9' })
  expect(exampleForm({ ...step, config: {} }, form('grid'), example)).toBe(example)
})
