/** Lark sources: what they accept, and what is refused with its place. */
import { describe, expect, it } from 'vitest'
import type { State } from './grammar.ts'
import { compileLark } from './lark.ts'

function accepts(source: string, text: string): boolean {
  let state: State | undefined = compileLark(source).start
  for (const byte of new TextEncoder().encode(text)) state = state?.next(byte)
  return state?.canEnd ?? false
}

const arithmetic = `
// sums and products
start: expr
expr: expr ("+" | "-") term -> add
    | term
?term: term "*" factor | factor
factor: NUMBER | "(" expr ")" | NAME
%import common.NUMBER
%import common.CNAME -> NAME
%import common.WS
%ignore WS
`
const sql = `
start: "SELECT"i columns "FROM"i NAME where? ";"
columns: "*" | NAME ("," NAME)*
where: "WHERE"i NAME OPERATOR (NUMBER | ESCAPED_STRING)
OPERATOR: "=" | "<" | ">" | "<="
NAME: /[a-z_]+/i
%import common (NUMBER, ESCAPED_STRING, WS_INLINE)
%ignore WS_INLINE
`

describe('a Lark grammar', () => {
  it.each([
    [arithmetic, '1+2*(3.5 - x)', true],
    [arithmetic, '  1 \n + 2 ', true],
    [arithmetic, '1 2', false],
    [arithmetic, '(1', false],
    [sql, 'select * from users;', true],
    [sql, 'SELECT id, name FROM Users WHERE age<=30 ;', true],
    [sql, 'select a from b where c = "x\\"y";', true],
    [sql, 'select from b;', false],
    ['start: "a"~3', 'aaa', true],
    ['start: "a"~3', 'aa', false],
    ['start: "a"~1..2 ["b"] "c"{2,}', 'abcc', true],
    ['start: "a"~1..2 ["b"] "c"{2,}', 'aaac', false],
    ['start: "a".."f"+', 'cafe', true],
    ['start: "a".."f"+', 'cafg', false],
    ['start: /[^\\/]+/ "/"', 'ab/', true],
    ['start: /./s', '\n', true],
    ['start: /./', '\n', false],
    ['start: _x ?y\n_x: "x"\n?y.2: | "y"', 'x', false],
    ['start: "é\\n\\x41\\u00e9"', 'é\nAé', true],
    ['start: A\nA: B "c"\nB: "b"+', 'bbc', true],
    ['start: (\n  "a"\n  | "b" // or\n)\n', 'b', true],
    ['start: "(" start ")" |', '(())', true],
  ])('%j on %j is %s', (source, text, expected) => {
    if (source.includes('?y')) expect(() => compileLark(source)).toThrow()
    else expect(accepts(source, text)).toBe(expected)
  })

  it.each([
    ['other: "a"', 'invalid-argument', /a rule named `start`/],
    ['start: other', 'invalid-argument', /a definition of `other`/],
    ['start: "a"\nstart: "b"', 'invalid-argument', /line 2.*one definition/],
    ['start: ("a"', 'invalid-argument', /expected `\)`/],
    ['start: "a" ;', 'invalid-argument', /line 1, column 12.*end of the line/],
    ['start: "a"~3..2', 'invalid-argument', /smaller number first/],
    ['start: "\\u12"', 'invalid-argument', /escapes/],
    ['start: /(/', 'invalid-argument', /regular expression/],
    ['start: f{x}', 'unsupported', /a template/],
    ['%declare A\nstart: A', 'unsupported', /a statement other/],
    ['%import common.NOPE\nstart: NOPE', 'unsupported', /NOPE/],
    ['start: /a/x', 'unsupported', /flags/],
    ['start: /a(?=b)/', 'unsupported', /look-ahead/],
    ['start: "a" start', 'invalid-argument', /none does/],
  ])('%j is refused', (source, code, message) => {
    expect(() => compileLark(source)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    )
  })
})
