/** GBNF sources: what they accept, and what is refused with its place. */
import { describe, expect, it } from 'vitest'
import { compileGbnf } from './gbnf.ts'
import type { State } from './grammar.ts'

function accepts(source: string, text: string): boolean {
  let state: State | undefined = compileGbnf(source).start
  for (const byte of new TextEncoder().encode(text)) state = state?.next(byte)
  return state?.canEnd ?? false
}

const json = String.raw`
root   ::= object
value  ::= object | array | string | number | ("true" | "false" | "null") ws
object ::=
  "{" ws (
            string ":" ws value
    ("," ws string ":" ws value)*
  )? "}" ws
array  ::= "[" ws ( value ("," ws value)* )? "]" ws
string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws # a comment
number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
ws ::= | " " | "\n" [ \t]{0,20}
`

describe('a GBNF grammar', () => {
  it.each([
    [json, '{"a": [1, -2.5e+1, {"b\\u00e9\\"": null}], "ü": ""}', true],
    [json, '{"a": [1, ]}', false],
    [json, '[1]', false],
    ['root ::= "a" "b"? | "c"+\n', 'ccc', true],
    ['root ::= [a-c-]{2,3}', 'a-', true],
    ['root ::= [a\\-c]+', 'b', false],
    ['root ::= [^\\]]*', 'ab[', true],
    ['root ::= . .', 'é😀', true],
    ['root ::= x{3}\nx ::= "(" x ")" | "y"', 'y(y)((y))', true],
    ['root ::= x{,2}\nx ::= "y"', 'yy', true],
    ['root ::= "a"\n  | "b"\n', 'b', true],
    ['root ::= "\\U0001F600\\u00e9"', '😀é', true],
    ['root ::= root "a" | "a"', 'aaaa', true],
  ])('%j on %j is %s', (source, text, expected) => {
    expect(accepts(source, text)).toBe(expected)
  })

  it.each([
    ['start ::= "a"', 'invalid-argument', /a rule named `root`/],
    ['root ::= other', 'invalid-argument', /a rule named `other`/],
    ['root = "a"', 'invalid-argument', /line 1, column 6.*`::=`/],
    ['root ::= "a\n"', 'invalid-argument', /end of the line/],
    ['root ::= ("a"', 'invalid-argument', /expected `\)`/],
    ['root ::= [z-a]', 'invalid-argument', /ascending/],
    ['root ::= "a"{3,1}', 'invalid-argument', /a count/],
    ['root ::= "\\x1"', 'invalid-argument', /escapes/],
    ['root ::= <think>', 'unsupported', /angle brackets/],
    ['root ::= "a" root', 'invalid-argument', /none does/],
  ])('%j is refused', (source, code, message) => {
    expect(() => compileGbnf(source)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    )
  })
})
