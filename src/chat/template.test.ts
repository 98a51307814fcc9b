/** Limits and life of the template renderer; what templates mean is tested against the golden set. */
import { afterAll, describe, expect, test } from 'vitest'
import type { TemplateInput } from './message.ts'
import { createTemplateRenderer, type TemplateRenderer } from './template.ts'

const hello: TemplateInput = { messages: [{ role: 'user', content: 'Hello' }] }
const renderers: TemplateRenderer[] = []
afterAll(() => {
  for (const renderer of renderers) renderer.dispose()
})

function rendererOf(...args: Parameters<typeof createTemplateRenderer>): TemplateRenderer {
  const renderer = createTemplateRenderer(...args)
  renderers.push(renderer)
  return renderer
}

describe('a template', () => {
  test('sees messages, tools, special tokens, variables and the date', async () => {
    const renderer = rendererOf(
      '{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{{ eos_token }}{% endfor %}{{ tools is none }}' +
        "{{ enable_thinking }}{% if add_generation_prompt %}>{% endif %}{{ strftime_now('%d %b %Y') }}",
      { bosToken: '<s>', eosToken: '</s>', now: () => new Date(2025, 8, 13) },
    )
    const input = { ...hello, addGenerationPrompt: true, variables: { enable_thinking: false } }
    expect(await renderer.render(input)).toBe('<s>[user]Hello</s>TrueFalse>13 Sep 2025')
  })

  test('sees no date function where no clock is given', async () => {
    expect(await rendererOf('{{ strftime_now is defined }}').render(hello)).toBe('False')
  })

  test('renders many chats, also at once', async () => {
    const renderer = rendererOf('{{ messages[0].content }}')
    const inputs = Array.from({ length: 50 }, (_, i) => ({ messages: [{ role: 'user', content: `chat ${i}` }] }))
    const texts = await Promise.all(inputs.map((input) => renderer.render(input)))
    expect(texts).toEqual(inputs.map((input) => input.messages[0].content))
  })

  test('that refuses says why and stays usable', async () => {
    const renderer = rendererOf("{% if messages|length > 1 %}{{ raise_exception('one at a time') }}{% endif %}ok")
    await expect(renderer.render({ messages: [...hello.messages, ...hello.messages] })).rejects.toMatchObject({
      code: 'template',
      fields: { byTemplate: true, reason: 'one at a time' },
    })
    expect(await renderer.render(hello)).toBe('ok')
  })

  test.each([
    ['a range bomb', '{% for i in range(10**9) %}x{% endfor %}'],
    ['nested loops', '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}'],
    [
      'text that doubles',
      '{% set ns = namespace(t="x") %}{% for i in range(60) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}{{ ns.t }}',
    ],
    [
      'a list that doubles',
      '{% set ns = namespace(t=[1]) %}{% for i in range(60) %}{% set ns.t = ns.t + ns.t %}{% endfor %}{{ ns.t }}',
    ],
    ['a repeated text', "{{ 'x' * 10**9 }}"],
    ['a wide format', "{{ '%999999999d' | format(1) }}"],
    ['a padded text', "{{ 'x'.ljust(10**9) }}"],
    ['endless recursion', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}'],
    ['deep nesting', '('.repeat(1e5).replace(/^/, '{{ ') + '1' + ')'.repeat(1e5) + ' }}'],
    ['a syntax error', '{% for %}'],
    ['an unknown filter', '{{ messages | nosuchfilter }}'],
    ['an undefined value', '{{ nothing.at.all }}'],
    ['the way out of the sandbox', "{{ messages.constructor.constructor('return process')() }}"],
  ])('%s ends in an error of code template', async (_name, source) => {
    const renderer = rendererOf(source)
    await expect(renderer.render(hello)).rejects.toMatchObject({ name: 'OstroError', code: 'template' })
    await expect(renderer.render(hello)).rejects.toMatchObject({ name: 'OstroError', code: 'template' })
  })

  test('that broke a limit for one chat renders the next', async () => {
    const renderer = rendererOf(
      "{% if messages[0].content == 'slow' %}{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}{% endif %}ok",
    )
    await expect(renderer.render({ messages: [{ role: 'user', content: 'slow' }] })).rejects.toMatchObject({
      code: 'template',
    })
    expect(await renderer.render(hello)).toBe('ok')
  })
})

describe('a renderer', () => {
  const endless = '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}'

  test('stops on a signal', async () => {
    const renderer = rendererOf(endless, { timeLimitMs: 60_000 })
    await expect(renderer.render(hello, AbortSignal.timeout(300))).rejects.toMatchObject({ code: 'aborted' })
    await expect(renderer.render(hello, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' })
  })

  test('fails what is under way when it is disposed of, and everything after', async () => {
    const renderer = rendererOf(endless, { timeLimitMs: 60_000 })
    const underWay = renderer.render(hello)
    setTimeout(() => renderer.dispose(), 300)
    await expect(underWay).rejects.toMatchObject({ code: 'disposed' })
    await expect(renderer.render(hello)).rejects.toMatchObject({ code: 'disposed' })
  })
})
