import { parseArgs } from 'citty'
import { describe, expect, test } from 'vitest'
import { checkArguments, joinValues, suggestion } from './arguments.ts'

const args = {
  model: { type: 'positional', required: true },
  temperature: { type: 'string', alias: 't' },
  'accept-licence': { type: 'boolean' },
  json: { type: 'boolean' },
} as const

describe('checkArguments', () => {
  test.each([
    ['m --temperature 0.5 --json'],
    ['m --temperature=0.5'],
    ['m -t 1'],
    ['m --temperature -1'],
    ['--accept-licence m'],
    ['m --no-json'],
    ['- --json'],
    ['-- --foo'],
  ])('accepts %s', (line) => {
    expect(() => checkArguments(line.split(' '), args, { rest: false })).not.toThrow()
  })

  test.each([
    ['m --foo', '--foo'],
    ['m --temprature 1', 'did you mean --temperature'],
    ['m -x', '-x'],
    ['m --temperature', 'needs a value'],
    ['m --temperature --json', 'needs a value'],
    ['m --no-foo', '--no-foo'],
    ['m n', 'at most'],
    ['m -- n', 'at most'],
  ])('refuses %s', (line, message) => {
    expect(() => checkArguments(line.split(' '), args, { rest: false })).toThrow(
      expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining(message) }),
    )
  })

  test('lets commands take more', () => {
    expect(() => checkArguments(['m', 'a', 'b'], args, { rest: true })).not.toThrow()
  })
})

test('negative numbers and dashes reach the parser as values', () => {
  const parsed = parseArgs(joinValues(['-', '--temperature', '-1', '--json'], args), args)
  expect(parsed).toMatchObject({ model: '-', temperature: '-1', json: true })
  expect(joinValues(['--', '--temperature', '1'], args)).toEqual(['--', '--temperature', '1'])
})

test('suggests a word that is one letter away', () => {
  expect(suggestion('pul', ['ls', 'pull'])).toBe(', did you mean pull?')
  expect(suggestion('sl', ['ls', 'pull'])).toBe('')
})
