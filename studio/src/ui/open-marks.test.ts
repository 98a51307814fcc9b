import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { closeOpenMarks } from './open-marks.ts'

describe('closeOpenMarks', () => {
  it.each([
    ['plain text', 'plain text'],
    ['some **bold te', 'some **bold te**'],
    ['some **bold**', 'some **bold**'],
    ['some **bold*', 'some **bold**'],
    ['some **', 'some '],
    ['an *empha', 'an *empha*'],
    ['2 * 3 and 4', '2 * 3 and 4'],
    ['call `f(', 'call `f(`'],
    ['call `a ** b` and', 'call `a ** b` and'],
    ['see [the page](https://exa', 'see the page'],
    ['a[0] and b[1]', 'a[0] and b[1]'],
    ['a line\n-', 'a line'],
    ['a line\n2.', 'a line'],
    ['a title\n\n##', 'a title\n'],
    ['**done**\n\nnow **op', '**done**\n\nnow **op**'],
    ['```js\na **', '```js\na **'],
    ['```js\nx\n```\n\n**b', '```js\nx\n```\n\n**b**'],
    ['42', '42'],
  ])('%j becomes %j', (text, closed) => expect(closeOpenMarks(text)).toBe(closed))

  it('never touches anything but the last block', () => {
    const part = fc.constantFrom('a', '*', '**', '`', '\n', '\n\n', '[x](', '-', ' ', '1.')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
        const text = parts.join('')
        const settled = text.slice(0, text.lastIndexOf('\n\n') + 1)
        expect(closeOpenMarks(text).startsWith(settled)).toBe(true)
      }),
    )
  })
})
