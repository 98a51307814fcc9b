/** Colours for code without a grammar per language: comments, strings, numbers, keywords. The result is escaped HTML. */

const keywords = new Set(
  `abstract and as assert async await auto bool boolean break case catch char class const constexpr continue def default del delete do double elif else enum
  except export extends extern false final finally float fn for from func function global go if impl implements import in instanceof int interface is
  lambda let long loop match mod module mut namespace new nil none None not null nullptr of or override package pass private protected pub public
  raise readonly ref return self Self short signed sizeof static str string struct super switch template this throw throws trait true True False
  try type typedef typeof undefined union unsafe unsigned use using var virtual void where while with yield select insert update create table
  SELECT FROM WHERE INSERT UPDATE DELETE CREATE TABLE JOIN ON GROUP BY ORDER LIMIT echo fi then done esac local`.split(
    /\s+/,
  ),
)

const hashComments = new Set([
  'python',
  'py',
  'sh',
  'bash',
  'shell',
  'zsh',
  'ruby',
  'rb',
  'yaml',
  'yml',
  'toml',
  'r',
  'perl',
  'makefile',
  'dockerfile',
])
const plain = new Set(['', 'text', 'txt', 'plain', 'markdown', 'md', 'console', 'output'])

/** Every alternative is linear: no nested repetition. */
const slashTokens =
  /(?<comment>\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)|<!--[^]*?(?:-->|$))|(?<string>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|`(?:[^`\\]|\\[^])*`?)|(?<number>\b(?:0x[\da-f]+|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)\b)|(?<word>[A-Za-z_$][\w$]*)/gi
const hashTokens =
  /(?<comment>#[^\n]*)|(?<string>"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?)|(?<number>\b(?:0x[\da-f]+|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)\b)|(?<word>[A-Za-z_$][\w$]*)/gi

/** @param language As in the fence, in any case. */
export function highlight(code: string, language: string): string {
  const name = language.toLowerCase()
  if (plain.has(name)) return escapeHtml(code)
  let html = ''
  let position = 0
  for (const match of code.matchAll(hashComments.has(name) ? hashTokens : slashTokens)) {
    const kind = kindOf(match, code)
    html += escapeHtml(code.slice(position, match.index))
    html += kind === undefined ? escapeHtml(match[0]) : `<span class="code-${kind}">${escapeHtml(match[0])}</span>`
    position = match.index + match[0].length
  }
  return html + escapeHtml(code.slice(position))
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

function kindOf(match: RegExpExecArray, code: string): string | undefined {
  const { comment, string, number, word } = match.groups ?? {}
  if (comment !== undefined) return 'comment'
  const end = match.index + match[0].length
  if (string !== undefined) return /^\s*:/.test(code.slice(end, end + 8)) ? 'property' : 'string'
  if (number !== undefined) return 'number'
  if (word === undefined) return undefined
  if (keywords.has(word)) return 'keyword'
  return code[end] === '(' ? 'function' : undefined
}
