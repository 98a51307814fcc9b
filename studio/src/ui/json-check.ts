/** JSON as the user types it, with the place of its first error in the same words in every browser. */

export type Checked = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string }

export function checkJson(source: string): Checked {
  try {
    return { ok: true, value: JSON.parse(source) as unknown }
  } catch (cause) {
    return { ok: false, problem: firstProblem(source) ?? String(cause) }
  }
}

const tokens =
  /\s*("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[\da-f]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?|true|false|null|[{}[\],:]|$)/iuy

/** Reads like a parser, only to find where one gives up; undefined where it would not. */
function firstProblem(source: string): string | undefined {
  let position = 0
  let token: string | undefined
  const next = (): undefined => {
    tokens.lastIndex = position
    token = tokens.exec(source)?.[1]
    if (token !== undefined) position = tokens.lastIndex
  }
  const problem = (expected: string): string => {
    const start =
      token === undefined ? position + (/^\s*/.exec(source.slice(position))?.[0].length ?? 0) : position - token.length
    const got = token === '' ? 'the end' : `“${token ?? source.slice(start).split(/\s/, 1)[0]}”`
    return `Line ${source.slice(0, start).split('\n').length}: expected ${expected}, got ${got.slice(0, 40)}.`
  }
  const value = (): string | undefined => {
    if (token === '{') return list('}', 'a name in double quotes', member)
    if (token === '[') return list(']', 'a value', value)
    if (token === undefined || /^[}\],:]?$/.test(token)) return problem('a value')
    next()
    return undefined
  }
  const member = (): string | undefined => {
    if (!token?.startsWith('"')) return problem('a name in double quotes')
    next()
    if (token !== ':') return problem('a colon')
    next()
    return value()
  }
  const list = (end: string, item: string, readItem: () => string | undefined): string | undefined => {
    next()
    if (token === end) return next()
    for (;;) {
      const found = readItem()
      if (found !== undefined) return found
      if (token === end) return next()
      if (token !== ',') return problem(`a comma or “${end}”`)
      next()
      if (token === end) return problem(item)
    }
  }
  next()
  const found = value()
  return found ?? (token === '' ? undefined : problem('the end'))
}
