import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkJson } from './json-check.ts'

describe('checkJson', () => {
  it.each([
    ['', 'Line 1: expected a value, got the end.'],
    ['{\n "type": }', 'Line 2: expected a value, got “}”.'],
    ['{"a": 1,}', 'Line 1: expected a name in double quotes, got “}”.'],
    ['{"a" 1}', 'Line 1: expected a colon, got “1”.'],
    ['{\n"a": 1\n"b": 2}', 'Line 3: expected a comma or “}”, got “"b"”.'],
    ['[1, 2', 'Line 1: expected a comma or “]”, got the end.'],
    ["{'a': 1}", "Line 1: expected a name in double quotes, got “'a':”."],
    ['{"a": "x\n"}', 'Line 1: expected a value, got “"x”.'],
    ['[1] 2', 'Line 1: expected the end, got “2”.'],
    ['[01]', 'Line 1: expected a comma or “]”, got “1”.'],
  ])('%j: %s', (source, problem) => expect(checkJson(source)).toEqual({ ok: false, problem }))

  it('agrees with the parser on what is JSON, and names a line wherever it is none', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom('', '}', ',', '"', ':', 'x'), (json, at, noise) => {
        const source = json.slice(0, at % (json.length + 1)) + noise + json.slice(at % (json.length + 1))
        const checked = checkJson(source)
        if (checked.ok) expect(checked.value).toEqual(JSON.parse(source))
        else expect(checked.problem).toMatch(/^Line \d+: expected .*, got .*\.$/)
      }),
    )
  })
})
