/** Python's Jinja, line by line: what the values of a template are and how they print. Expected texts are Jinja 3.1's. */
import { describe, expect, it } from 'vitest'
import { compileTemplate } from './interpreter.ts'

const render = (source: string, context: Record<string, unknown> = {}, now?: Date): string =>
  compileTemplate(source)(
    { none_value: null, tiny: 1.5e-20, words: ['b', 'A', 'c'], spec: { items: { type: 'x' } }, ...context },
    now,
  )

describe('a template', () => {
  it.each([
    ['{{ true }} {{ none }} {{ nothing }} {{ 1.0 }} {{ 7 // 2 }} {{ 7 / 2 }}', 'True None  1.0 3 3.5'],
    ["{{ [1, 'a', None, \"it's\"] }} {{ {'a': [true]} }}", "[1, 'a', None, \"it's\"] {'a': [True]}"],
    ['{{ -1 % 3 }} {{ 2 ** 3 }} {{ tiny }} {{ 0.0000015 }}', '2 8 1.5e-20 1.5e-06'],
    ["{{ 'ab' * 2 }} {{ 'x' ~ 1 ~ none }} {{ '%s-%03d|%5.1f' % ('a', 7, 2.25) }}", 'abab x1None a-007|  2.2'],
    ["{{ '1' == 1 }} {{ 1 == 1.0 }} {{ nothing == none }} {{ [1, [2]] == [1, [2]] }}", 'False True False True'],
    ["{{ 'a' in 'abc' }} {{ 2 in [1, 2] }} {{ 'k' in {'k': 1} }} {{ 1 in nothing }}", 'True True True False'],
    [
      "{{ 5 is divisibleby 5 }} {{ 5 is not divisibleby(5) }} {{ 3 is in([1, 3]) }} {{ 'A' is upper }}",
      'True False True True',
    ],
    ['{{ spec.items() | length }} {{ spec["items"].type }}', '1 x'],
    [
      "{{ 'a b  c'.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'a,b,c'.rsplit(',', 1)[0] }}",
      "['a', 'b', 'c'] ['a', 'b,c'] a,b",
    ],
    ["{{ \"it's über\" | title }} {{ 'aBC' | capitalize }} {{ 'xxaxx'.strip('x') }}", "It's Über Abc a"],
    ["{{ words | sort | join('') }} {{ words | map('upper') | list }} {{ words | first }}", "Abc ['B', 'A', 'C'] b"],
    ["{{ words | reverse | join }} {{ 'abc' | reverse }} {{ 'é😀' | length }} {{ '😀b'[1] }}", 'cAb cba 2 b'],
    ['{{ {"b": 1, "a": []} | tojson(indent=2) }}', '{\n  "b": 1,\n  "a": []\n}'],
    ['{{ {"b": "é<", "a": 2.0} | tojson }} {{ "é" | tojson(ensure_ascii=true) }}', '{"b": "é<", "a": 2.0} "\\u00e9"'],
    ["{{ [{'a': 1}, {'a': 2}, {'a': 0}] | selectattr('a', 'gt', 1) | list }}", "[{'a': 2}]"],
    [
      "{{ [{'a': 1}, {'a': 2}] | sum(attribute='a') }} {{ [3, 1] | max }} {{ 2.5 | round }} {{ 3.7 | int }}",
      '3 3 2.0 3',
    ],
    ["{{ none_value | default('d') }} {{ none_value | default('d', true) }} {{ nothing | default('d') }}", 'None d d'],
    ["{{ {'b': 1, 'a': 2} | dictsort }} {{ \"it's\".title() }} {{ 7 | round }}", "[('a', 2), ('b', 1)] It'S 7"],
    ["{{ 'a\n\nb' | indent(2) }}", 'a\n\n  b'],
    ["{{ '{} {x}'.format(1, x='y') }} {{ 'abc'.find('c') }} {{ ','.join(['a', 'b']) }}", '1 y 2 a,b'],
  ])('%s', (source, expected) => {
    expect(render(source)).toBe(expected)
  })

  it('keeps what a turn rendered before break and continue', () => {
    expect(render('{% for i in [1, 2, 3] %}a{{ i }}{% if i == 2 %}{% break %}{% endif %}b{% endfor %}')).toBe('a1ba2')
    expect(render('{% for i in [1, 2] %}a{% if i == 1 %}{% continue %}{% endif %}b{% endfor %}')).toBe('aab')
  })

  it('forgets what a turn set, and keeps what a namespace holds', () => {
    expect(render('{% for i in [1, 2] %}{{ x is defined }}{% set x = i %}{% endfor %}')).toBe('FalseFalse')
    expect(
      render('{% set n = namespace(s=0) %}{% for i in [1, 2] %}{% set n.s = n.s + i %}{% endfor %}{{ n.s }}'),
    ).toBe('3')
  })

  it('counts its turns, filters them, and has an else', () => {
    expect(render('{% for w in words if w != "A" %}{{ loop.index }}{{ w }}{{ loop.last }};{% endfor %}')).toBe(
      '1bFalse;2cTrue;',
    )
    expect(
      render('{% for k, v in {"a": 1}.items() %}{{ k }}{{ v }}{% endfor %}{% for x in [] %}{% else %}none{% endfor %}'),
    ).toBe('a1none')
  })

  it('trims blocks as transformers does', () => {
    expect(render('a\n  {% if true %}\nb\n  {% endif %}\n {{- 1 -}} \nc')).toBe('a\nb\n1c')
    expect(render('{% generation %}x{% endgeneration %}')).toBe('x')
  })

  it('calls macros, filter blocks and set blocks', () => {
    expect(render('{% macro f(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }}{{ f(1, b=5) }}')).toBe('1215')
    expect(render('{% filter upper %}a{% endfilter %}{% set x %}b{% endset %}{{ x }}')).toBe('Ab')
  })

  it('prints the date that it is given', () => {
    const now = new Date(2025, 0, 5, 14, 3, 9)
    expect(render("{{ strftime_now('%Y-%m-%d %A %a %B %b %j %H:%M:%S %I%p %-d %y %%') }}", {}, now)).toBe(
      '2025-01-05 Sunday Sun January Jan 005 14:03:09 02PM 5 25 %',
    )
  })

  it.each([
    '{{ nothing.at }}',
    "{{ 'a' + 1 }}",
    '{{ 1 < "a" }}',
    '{{ 1 / 0 }}',
    '{{ words | nosuch }}',
    '{{ 1 is nosuch }}',
    '{{ nothing() }}',
    '{{ range(100001) }}',
    '{{ "%d" % "x" }}',
  ])('%s is an error', (source) => {
    expect(() => render(source)).toThrow(Error)
  })
})
