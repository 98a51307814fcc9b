import { describe, expect, it } from 'vitest'
import { calculate } from './calculator.ts'
import { runDemoTool } from './demo-tools.ts'

describe('calculate', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['-2 ^ 2', -4],
    ['2 ** 3 ** 2', 512],
    ['10 / 4 - .5e0'.replace('.5', '0.5'), 2],
    ['7 % 4 × 2', 6],
    ['2 ^ -1', 0.5],
  ])('%s = %d', (expression, value) => expect(calculate(expression)).toBeCloseTo(value))

  it.each(['', '1 +', '(1', '1 2', 'alert(1)', '1; 2'])('refuses %j', (expression) => {
    expect(() => calculate(expression)).toThrow(/expected/)
  })
})

describe('runDemoTool', () => {
  it('gives results and errors as JSON, and nothing for a function of somebody else', () => {
    expect(runDemoTool('calculator', '{"expression":"47*89"}')).toBe('{"result":4183}')
    expect(JSON.parse(runDemoTool('calculator', '{"expression":"x"}') ?? '')).toHaveProperty('error')
    expect(JSON.parse(runDemoTool('clock', '{"time_zone":"Nowhere/Town"}') ?? '')).toHaveProperty('error')
    expect(runDemoTool('get_weather', '{}')).toBeUndefined()
  })
})
