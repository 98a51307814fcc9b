/** The source of a manual page (macros man(7)) as Markdown: what an index reads of a page, without the section that a query is made of. */

export interface ManualPage {
  /** As `open(2)`. */
  readonly name: string
  /** Of the section NAME, what stands behind the dash. */
  readonly description: string
  /** The page without its section NAME. */
  readonly text: string
}

/** A page; undefined for a source that only points to another or has no description. */
export function readManualPage(source: string): ManualPage | undefined {
  const [title, section] = argumentsOf(/^\.TH[ \t]+(.*)$/m.exec(source)?.[1] ?? '')
  if (title === undefined) return undefined
  const whole = toMarkdown(source)
  const names = /^# NAME\n([^]*?)(?=^# |(?![^]))/m.exec(whole)
  const description = /\s[-\u2013\u2014]+\s+([^]*)/
    .exec(names?.[1] ?? '')?.[1]
    .replaceAll(/\s+/g, ' ')
    .trim()
  if (names === null || description === undefined || description === '') return undefined
  const text = whole.slice(0, names.index) + whole.slice(names.index + names[0].length)
  return { name: `${plain(title)}(${section ?? ''})`, description, text: text.trim() }
}

/** Lines of requests whose arguments are text of alternating fonts, set without space between them. */
const alternating = /^(?:BR|RB|BI|IB|IR|RI)$/

function toMarkdown(source: string): string {
  const lines: string[] = []
  let verbatim = false
  let tableHead = false
  const push = (line: string): void => {
    const tagOpen = lines.at(-1)?.endsWith('\\c') === true
    if (tagOpen) lines[lines.length - 1] = lines[lines.length - 1].slice(0, -2) + line
    else lines.push(line)
  }
  const setVerbatim = (on: boolean): void => {
    if (verbatim !== on) push(on ? '\n```' : '```\n')
    verbatim = on
  }
  for (const line of source.replaceAll(/\\\n/g, '').split(/\r?\n/)) {
    const request = /^[.'][ \t]*([A-Za-z]+)[ \t]*(.*)$/.exec(line)
    if (request === null) {
      if (/^[.']/.test(line)) continue
      if (tableHead) tableHead = !/\.\s*$/.test(line)
      else push(plain(line))
      continue
    }
    const [, name, rest] = request
    const given = argumentsOf(rest)
    if (name === 'SH' || name === 'SS') {
      setVerbatim(false)
      push(`\n${name === 'SH' ? '#' : '##'} ${plain(given.join(' '))}`)
    } else if (/^(?:PP|P|LP|HP|TP|TQ|sp|br|RS|RE)$/.test(name)) push('')
    else if (name === 'IP') push(`\n${plain(given[0] ?? '')}`)
    else if (/^(?:B|I|SM|SB|SY|OP|q|MR)$/.test(name)) push(plain(given.join(' ')))
    else if (alternating.test(name)) push(plain(given.join('')))
    else if (name === 'UR') push(plain(given[0] ?? ''))
    else if (name === 'EX' || name === 'nf') setVerbatim(true)
    else if (name === 'EE' || name === 'fi') setVerbatim(false)
    else if (name === 'TS') tableHead = true
  }
  setVerbatim(false)
  return `${lines
    .join('\n')
    .replaceAll(/\\c$/gm, '')
    .replaceAll(/\n{3,}/g, '\n\n')}\n`
}

/** Words of a request, `"two words"` as one. */
function argumentsOf(rest: string): string[] {
  const bare = rest.replace(/\\".*$/, '')
  return [...bare.matchAll(/"((?:[^"]|"")*)"?|((?:\\ |[^ \t])+)/g)].map(
    ({ 1: quoted, 2: word }) => quoted?.replaceAll('""', '"') ?? word,
  )
}

/** Characters by their names in roff. */
const characters: Readonly<Record<string, string>> = {
  aq: "'",
  dq: '"',
  em: '\u2014',
  en: '\u2013',
  bu: '\u2022',
  co: '\u00a9',
  mu: '\u00d7',
  ha: '^',
  ti: '~',
  rs: '\\',
  lq: '"',
  rq: '"',
  oq: "'",
  cq: "'",
  ga: '`',
  '->': '\u2192',
  '<-': '\u2190',
  '<=': '\u2264',
  '>=': '\u2265',
  '!=': '\u2260',
  '+-': '\u00b1',
  la: '<',
  ra: '>',
  if: '\u221e',
  pi: '\u03c0',
  R: '\u00ae',
  Tm: '\u2122',
  sr: '\u221a',
  de: '\u00b0',
}

/** Text without escapes of fonts, sizes and spacing. */
function plain(line: string): string {
  return line
    .replace(/\\["#].*$/, '')
    .replaceAll(/\\f(?:\[[^\]]*\]|\(..|.)/g, '')
    .replaceAll(/\\s[+-]?\d+/g, '')
    .replaceAll(/\\[hvwl]'[^']*'/g, '')
    .replaceAll(/\\\*?(?:\[([^\]]+)\]|\((..))/g, (_, long?: string, short?: string) => characterOf(long ?? short ?? ''))
    .replaceAll(/\\\*(.)/g, (_, name: string) => characterOf(name))
    .replaceAll(/\\-/g, '-')
    .replaceAll(/\\[ ~0]/g, ' ')
    .replaceAll(/\\[&/,|^%:)]/g, '')
    .replaceAll(/\\'/g, '\u00b4')
    .replaceAll(/\\e/g, '\\')
    .replaceAll(/\\`/g, '`')
    .replaceAll(/\\\./g, '.')
}

function characterOf(name: string): string {
  const code = /^u([0-9A-F]{4,6})$/.exec(name)?.[1]
  return code === undefined ? (characters[name] ?? '') : String.fromCodePoint(Number.parseInt(code, 16))
}
