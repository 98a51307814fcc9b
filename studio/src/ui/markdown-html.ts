/** Markdown as HTML that may stand in the page: raw HTML is shown as text, images become links, and DOMPurify has the last word. */
import DOMPurify from 'dompurify'
import { Marked, type Token, type Tokens } from 'marked'
import { escapeHtml, highlight } from './highlight.ts'

const marked = new Marked({ gfm: true, breaks: true, async: false })

marked.use({
  renderer: {
    html: ({ text }: Tokens.HTML | Tokens.Tag) => escapeHtml(text),
    image: ({ href, text }: Tokens.Image) => link(href, text || 'image'),
    link(token: Tokens.Link) {
      return link(token.href, undefined, this.parser.parseInline(token.tokens))
    },
    code: ({ text, lang }: Tokens.Code) => codeBlock(text, lang?.trim().split(/\s+/, 1)[0] ?? ''),
    checkbox: ({ checked }: Tokens.Checkbox) => (checked ? '☑ ' : '☐ '),
    table(token: Tokens.Table) {
      const row = (cells: Tokens.TableCell[], tag: string) =>
        `<tr>${cells.map((cell) => `<${tag}>${this.parser.parseInline(cell.tokens)}</${tag}>`).join('')}</tr>`
      const body = token.rows.map((cells) => row(cells, 'td')).join('')
      return `<div class="table-scroll"><table><thead>${row(token.header, 'th')}</thead><tbody>${body}</tbody></table></div>`
    },
  },
})

const allowed = {
  ALLOWED_TAGS:
    `a b blockquote br button code del div em h1 h2 h3 h4 h5 h6 hr i li ol p pre s span strong sub sup table tbody td th thead tr ul`.split(
      ' ',
    ),
  ALLOWED_ATTR: ['href', 'class', 'start', 'target', 'rel', 'type', 'data-copy', 'tabindex', 'aria-label', 'title'],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i,
  ALLOW_DATA_ATTR: false,
}

/** A link of the page's own address would run as the user: only addresses that name a scheme pass, and they open elsewhere. */
DOMPurify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName !== 'A') return
  node.setAttribute('target', '_blank')
  node.setAttribute('rel', 'noopener noreferrer nofollow')
})

/** One entry for each block of the text, so that a growing answer renders only its last one anew. */
export function markdownBlocks(text: string): readonly string[] {
  const tokens: readonly Token[] = marked.lexer(text)
  return tokens.filter((token) => token.type !== 'space' && token.type !== 'def').map((token) => blockHtml(token))
}

const cache = new Map<string, string>()
const cacheLimit = 500

function blockHtml(token: Token): string {
  // A reference link's meaning lies outside of its block; such texts are rare and rendered every time.
  const cacheable = !token.raw.includes('][') && token.raw.length < 20_000
  const known = cacheable ? cache.get(`${token.type}:${token.raw}`) : undefined
  if (known !== undefined) return known
  const html = isBareNumber(token)
    ? `<p>${escapeHtml(token.raw)}</p>`
    : DOMPurify.sanitize(marked.parser([token]), allowed)
  if (cacheable) {
    if (cache.size >= cacheLimit) cache.clear()
    cache.set(`${token.type}:${token.raw}`, html)
  }
  return html
}

/** "42." is an answer and not the head of an empty list. */
function isBareNumber(token: Token): boolean {
  return token.type === 'list' && /^\d+[.)]\s*$/.test(token.raw)
}

function codeBlock(code: string, language: string): string {
  const label = escapeHtml(language || 'text')
  return `<div class="code-block"><div class="code-head"><span>${label}</span><button type="button" class="code-copy" data-copy="" aria-label="Copy code">Copy</button></div><pre tabindex="0"><code>${highlight(code, language)}</code></pre></div>`
}

function link(href: string, text: string | undefined, html = escapeHtml(text ?? href)): string {
  return `<a href="${escapeHtml(href)}" title="${escapeHtml(href)}">${html}</a>`
}
