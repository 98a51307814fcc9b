/** What is found out from templates: golden ones of public families, and small ones that write calls as a family does. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { goldenRoot } from '../../test/support/golden.ts'
import { compileTemplate } from '../chat/interpreter.ts'
import { analyseTemplate, type Render } from './analyse-template.ts'
import { dialects } from './dialects/index.ts'

function renderOf(template: string): Render {
  const render = compileTemplate(template)
  return async ({ messages, tools, addGenerationPrompt }) => {
    try {
      const context = {
        messages,
        tools: tools ?? null,
        documents: null,
        add_generation_prompt: addGenerationPrompt ?? false,
      }
      return render({ ...context, bos_token: '<s>', eos_token: '</s>' })
    } catch {
      return undefined
    }
  }
}

const golden = JSON.parse(readFileSync(join(goldenRoot, 'chat-template', 'templates.json'), 'utf8')) as Record<
  string,
  string
>

function analyse(template: string, tokens: readonly string[] = []) {
  const endTexts = ['</s>', '<|eot_id|>', '<|im_end|>', '<end>']
  return analyseTemplate(renderOf(template), { endTexts, hasToken: (text) => tokens.includes(text) })
}

describe('golden templates', () => {
  it.each([
    ['qwen-tools', 'hermes', {}],
    ['llama31-tools', 'llama-json', { separator: undefined }],
    // This version puts a space behind its token.
    ['mistral-tools', 'mistral', { open: '[TOOL_CALLS] [' }],
  ])('%s writes as %s', async (template, name, changes) => {
    const { dialect } = await analyse(golden[template])
    expect(dialect?.calls).toEqual({ ...dialects.find((known) => known.name === name)?.calls, ...changes })
  })

  it.each(['chatml', 'llama2', 'llama3', 'gemma', 'zephyr', 'phi'])('%s knows no tools', async (template) => {
    expect((await analyse(golden[template])).dialect).toBeUndefined()
  })

  it('finds thinking in what is shown of it, or in the vocabulary', async () => {
    const markers = { open: '<think>', close: '</think>' }
    expect((await analyse(golden['qwen-think'])).reasoning).toEqual(markers)
    expect((await analyse(golden['chatml'], ['<think>', '</think>'])).reasoning).toEqual(markers)
    expect((await analyse(golden['chatml'])).reasoning).toBeUndefined()
  })

  it('sees whether a system turn is shown', async () => {
    expect((await analyse(golden['chatml'])).system).toBe(true)
    const silent = '{% for m in messages %}{% if m.role != "system" %}{{ m.content }}{% endif %}{% endfor %}'
    expect((await analyse(silent)).system).toBe(false)
  })
})

/** A template that shows tools and writes calls: `call` sees the call as `c`, `loop` counts them. */
function family(call: string, { before = '', after = '', prompt = '<bot>' } = {}): string {
  return (
    '{% for t in tools or [] %}{{ t | tojson }}{% endfor %}{% for m in messages %}' +
    '{% if m.role == "assistant" %}{{ "<bot>" }}{% else %}{{ "<" + m.role + ">" }}{% endif %}{{ m.content or "" }}' +
    `{% if m.tool_calls %}{{ ${JSON.stringify(before)} }}{% for c in m.tool_calls %}${call}{% endfor %}` +
    `{{ ${JSON.stringify(after)} }}{% endif %}<end>{% endfor %}` +
    `{% if add_generation_prompt %}{{ ${JSON.stringify(prompt)} }}{% endif %}`
  )
}

const listed = (name: string, values: string): string =>
  `{% if not loop.first %}{{ ", " }}{% endif %}{{ '{"${name}": "' + c.function.name + '", "${values}": ' }}{{ c.function.arguments | tojson }}{{ "}" }}`

const members = (lead: string, each: string, end: string): string =>
  `{% if not loop.first %}{{ "\\n" }}{% endif %}${lead}{% for k, v in c.function.arguments.items() %}${each}{% endfor %}${end}`

describe('families', () => {
  it.each([
    ['granite', family(listed('name', 'arguments'), { before: '<|tool_call|>[', after: ']' })],
    ['phi', family(listed('name', 'arguments'), { before: '<|tool_call|>[', after: ']<|/tool_call|>' })],
    ['functionary-3.1', family('<function={{ c.function.name }}>{{ c.function.arguments | tojson }}</function>')],
    ['mistral-args', family('[TOOL_CALLS]{{ c.function.name }}[ARGS]{{ c.function.arguments | tojson }}')],
    [
      'deepseek',
      family(
        '{% if not loop.first %}{{ "\\n" }}{% endif %}<｜tool▁call▁begin｜>{{ c.type }}<｜tool▁sep｜>{{ c.function.name }}' +
          '{{ "\\n```json\\n" + c.function.arguments + "\\n```" }}<｜tool▁call▁end｜>',
        { before: '<｜tool▁calls▁begin｜>', after: '<｜tool▁calls▁end｜>' },
      ),
    ],
    [
      'deepseek-bare',
      family(
        '<｜tool▁call▁begin｜>{{ c.function.name }}<｜tool▁sep｜>{{ c.function.arguments | tojson }}<｜tool▁call▁end｜>',
        {
          before: '<｜tool▁calls▁begin｜>',
          after: '<｜tool▁calls▁end｜>',
        },
      ),
    ],
    [
      'qwen-coder',
      family(
        members(
          '{{ "<tool_call>\\n<function=" + c.function.name + ">\\n" }}',
          '{{ "<parameter=" + k + ">\\n" + v | string + "\\n</parameter>\\n" }}',
          '{{ "</function>\\n</tool_call>" }}',
        ),
      ),
    ],
    [
      'glm',
      family(
        members(
          '{{ "<tool_call>" + c.function.name + "\\n" }}',
          '{{ "<arg_key>" + k + "</arg_key>\\n<arg_value>" + v | string + "</arg_value>\\n" }}',
          '</tool_call>',
        ),
      ),
    ],
    [
      'function-gemma',
      family(
        '{{ "<start_function_call>call:" + c.function.name + "{" }}{% for k, v in c.function.arguments.items() %}' +
          '{% if not loop.first %},{% endif %}{{ k }}:{% if v is string %}<escape>{{ v }}<escape>{% else %}{{ v }}{% endif %}' +
          '{% endfor %}{{ "}<end_function_call>" }}',
      ),
    ],
    [
      'command-r7b',
      family(listed('tool_name', 'parameters'), { before: '<|START_ACTION|>[', after: ']<|END_ACTION|>' }),
    ],
    ['command-r', family(listed('tool_name', 'parameters'), { before: 'Action: ```json\n[', after: ']\n```' })],
    [
      'functionary-3.2',
      family('>>>{{ c.function.name }}{{ "\\n" }}{{ c.function.arguments | tojson }}', { prompt: '<bot>>>>' }),
    ],
    [
      'harmony',
      family(
        ' to=functions.{{ c.function.name }}<|channel|>commentary json<|message|>{{ c.function.arguments | tojson }}<|call|>',
      ),
    ],
  ])('%s', async (name, template) => {
    const { dialect, arguments: style } = await analyse(template)
    expect(dialect?.calls).toEqual(dialects.find((known) => known.name === name)?.calls)
    expect(style).toBe(name === 'deepseek' ? 'text' : 'object')
  })

  it('a template that shows tools and no calls is not believed', async () => {
    const { dialect } = await analyse('{{ tools | tojson }}{% for m in messages %}{{ m.content }}{% endfor %}')
    expect(dialect).toBeUndefined()
  })
})
