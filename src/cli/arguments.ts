/** Checks arguments before the parser sees them: an unknown flag or a missing value is an error of usage, never ignored. */
import type { ArgsDef } from 'citty'
import { OstroError } from '../util/error.ts'

/** @throws OstroError `invalid-argument` naming the flag */
export function checkArguments(raw: readonly string[], args: ArgsDef, options: { readonly rest: boolean }): void {
  const flags = flagsOf(args)
  const positionals = Object.values(args).filter((argument) => argument.type === 'positional').length
  let given = 0
  for (let index = 0; index < raw.length; index++) {
    const word = raw[index]
    if (word === '--') {
      given += raw.length - index - 1
      break
    }
    if (!word.startsWith('-') || word === '-') {
      given++
      continue
    }
    const [flag, value] = splitFlag(word)
    const type = flags.get(flag) ?? (flag.startsWith('--no-') ? flags.get(`--${flag.slice(5)}`) : undefined)
    if (type === undefined) throw usage(`unknown option ${flag}${suggestion(flag, [...flags.keys()])}`, { flag })
    if (type === 'boolean' || value !== undefined) continue
    const next = raw[++index]
    if (next === undefined || /^-[^\d.]/.test(next)) throw usage(`the option ${flag} needs a value`, { flag })
  }
  if (given > positionals && !options.rest) {
    throw usage(`expected ${positionals} arguments at most, got ${given}`, { given, expected: positionals })
  }
}

/** `--temperature -1`: the parser takes a value that starts with a dash only behind `=`. */
export function joinValues(raw: readonly string[], args: ArgsDef): string[] {
  const flags = flagsOf(args)
  const joined: string[] = []
  for (let index = 0; index < raw.length; index++) {
    const word = raw[index]
    if (word === '--') return [...joined, ...raw.slice(index)]
    const takesValue = flags.get(word) === 'value' && index + 1 < raw.length
    joined.push(takesValue && word.startsWith('--') ? `${word}=${raw[++index]}` : word)
  }
  return joined
}

export function usage(problem: string, fields: Readonly<Record<string, unknown>> = {}): OstroError {
  return new OstroError('invalid-argument', `ostro: ${problem}. See --help.`, fields)
}

function flagsOf(args: ArgsDef): Map<string, 'boolean' | 'value'> {
  const flags = new Map<string, 'boolean' | 'value'>()
  for (const [name, argument] of Object.entries(args)) {
    if (argument.type === 'positional') continue
    const type = argument.type === 'boolean' ? 'boolean' : 'value'
    const aliases = 'alias' in argument && argument.alias !== undefined ? [argument.alias].flat() : []
    for (const spelling of [name, kebab(name), ...aliases]) {
      flags.set(spelling.length === 1 ? `-${spelling}` : `--${spelling}`, type)
    }
  }
  return flags
}

function splitFlag(word: string): [flag: string, value: string | undefined] {
  const at = word.indexOf('=')
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)]
}

export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** ", did you mean X?" for a word that shares its first three letters or differs by one. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = known.find((candidate) => {
    const prefix = word.startsWith('--') ? 5 : 3
    return candidate.slice(0, prefix) === word.slice(0, prefix) || sameButOne(word, candidate)
  })
  return near === undefined ? '' : `, did you mean ${near}?`
}

function sameButOne(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  const longer = Math.max(a.length, b.length)
  let end = 0
  while (end < longer - start && a.at(-1 - end) === b.at(-1 - end)) end++
  return longer - start - end <= 1
}
