import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { highlight } from './highlight.ts'

const textOf = (html: string) =>
  html.replace(/<\/?span[^>]*>/g, '').replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))

describe('highlight', () => {
  it('colours keywords, strings, numbers, comments, calls and keys', () => {
    const html = highlight('const a = f("x", 12) // why', 'ts')
    for (const part of ['keyword">const', 'function">f', 'string">&#34;x&#34;', 'number">12', 'comment">// why']) {
      expect(html).toContain(`code-${part}`)
    }
    expect(highlight('{"key": 1}', 'json')).toContain('code-property">&#34;key&#34;')
    expect(highlight('x = 1 # why', 'py')).toContain('code-comment"># why')
  })

  it('leaves plain text plain', () => expect(highlight('const <a>', '')).toBe('const &#60;a&#62;'))

  it('changes no character and lets no tag through, in any language', () => {
    const pieces = fc.constantFrom(
      '<script>',
      '"',
      "'",
      '`',
      '//',
      '/*',
      '*/',
      '#',
      '\\',
      '\n',
      '<!--',
      '-->',
      'if',
      '1',
      '&',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), fc.constantFrom('ts', 'py', 'text', 'x'), (parts, language) => {
        const code = parts.join('')
        const html = highlight(code, language)
        expect(textOf(html)).toBe(code)
        expect(html.replace(/<\/?span( class="code-[a-z]+")?>/g, '')).not.toMatch(/[<>]/)
      }),
    )
  })
})
