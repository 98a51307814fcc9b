/**
 * What a chat template says of its model's notation: rendered without a call, with one, with two, with and without thinking, the
 * differences are the markers. Nobody has to list models; only templates that show another notation than the model writes are
 * listed, in `template-signatures.ts`.
 */
import type { ChatMessage, TemplateInput } from '../chat/index.ts'
import type { ToolDefinition } from './chat-model.ts'
import type { CallNotation, Dialect, ReasoningNotation } from './dialect.ts'
import { dialects } from './dialects/index.ts'
import { spacedJson } from './spaced-json.ts'
import { signedDialect } from './template-signatures.ts'
import { writeCalls } from './write-calls.ts'

export interface TemplateTraits {
  /** Undefined where the template shows no tools, or no calls that could be understood. */
  readonly dialect: Dialect | undefined
  /** Also of models without calls. */
  readonly reasoning: ReasoningNotation | undefined
  /** How the template wants the arguments of earlier calls. */
  readonly arguments: 'object' | 'text'
  /** Whether a system turn is shown; if not, its text belongs into the first user turn. */
  readonly system: boolean
}

/** Undefined where the template refuses. */
export type Render = (input: TemplateInput) => Promise<string | undefined>

export interface AnalysisOptions {
  /** Texts of tokens that end a turn. */
  readonly endTexts: readonly string[]
  /** Whether the vocabulary has a token of that text. */
  readonly hasToken: (text: string) => boolean
}

const user = { role: 'user', content: 'Qrequest' } as const
const values = { kone: 'Vone', ktwo: 17 } as const
const firstName = 'alpha_fn'
const secondName = 'gamma_fn'
const ids = ['aZ3kQ9xLm', 'bY4jR8wKn'] as const

const tools: readonly ToolDefinition[] = [firstName, secondName].map((name) => ({
  type: 'function',
  function: {
    name,
    description: 'Dfunction.',
    parameters: {
      type: 'object',
      properties: { kone: { type: 'string', description: 'Dtext' }, ktwo: { type: 'integer', description: 'Dnumber' } },
      required: ['kone'],
    },
  },
}))

export async function analyseTemplate(render: Render, options: AnalysisOptions): Promise<TemplateTraits> {
  const bare = await render({ messages: [user], addGenerationPrompt: true })
  const shown = await render({ messages: [user], tools, addGenerationPrompt: true })
  const reasoning = await findReasoning(render, bare ?? '', options)
  const system = (await render({ messages: [{ role: 'system', content: 'Ssystem' }, user] }))?.includes('Ssystem')
  const traits = { reasoning, system: system ?? false, arguments: 'object' as const, dialect: undefined }
  if (bare === undefined || shown?.includes(secondName) !== true) return traits

  const asObject = await renderCalls(render, values)
  const asText = asObject ?? (await renderCalls(render, spacedJson(values)))
  if (asText === undefined) return traits
  const style = asObject === undefined ? 'text' : 'object'
  const dialect = signedDialect(shown, asText.one) ?? matching(asText, shown) ?? differing(asText, shown, options)
  const withReasoning = dialect && { ...dialect, reasoning: dialect.reasoning ?? reasoning }
  return { ...traits, arguments: style, dialect: withReasoning, reasoning: withReasoning?.reasoning ?? reasoning }
}

interface RenderedCalls {
  readonly one: string
  /** Undefined where the template refuses two calls in a turn. */
  readonly two: string | undefined
  readonly text: string | undefined
}

async function renderCalls(render: Render, given: typeof values | string): Promise<RenderedCalls | undefined> {
  const call = (name: string, id: string) => ({
    id,
    type: 'function' as const,
    function: { name, arguments: given },
  })
  const turn = (message: Partial<ChatMessage>) => {
    return render({ messages: [user, { role: 'assistant', content: '', ...message }], tools })
  }
  const one = await turn({ tool_calls: [call(firstName, ids[0])] })
  if (one?.includes(firstName) !== true) return undefined
  const two = await turn({ tool_calls: [call(firstName, ids[0]), call(secondName, ids[1])] })
  return { one, two, text: await turn({ content: 'Tanswer' }) }
}

/** A dialect with a file of its own whose writing is what the template shows. */
function matching({ one }: RenderedCalls, shown: string): Dialect | undefined {
  const dense = (text: string): string => text.replaceAll(/\s/g, '')
  const calls = [{ name: firstName, arguments: values }]
  const rest = dense(one.slice(sharedStart(one, shown)))
  return dialects.find(
    (dialect) => dialect.calls.arguments !== 'json' && rest.includes(dense(writeCalls(dialect, calls))),
  )
}

/** The markers as differences, for calls whose arguments are JSON. */
function differing({ one, two, text }: RenderedCalls, shown: string, options: AnalysisOptions): Dialect | undefined {
  const start = sharedStart(one, shown)
  const turnEnd = text === undefined ? '' : text.slice(text.lastIndexOf('Tanswer') + 'Tanswer'.length)
  const first = cutCall(one.slice(start), firstName, turnEnd, options)
  if (first === undefined) return undefined
  const { head, afterName, tail } = first
  const parts = two === undefined ? undefined : splitTwo(two.slice(start), first)
  const open = parts === undefined ? '' : head.slice(0, head.length - parts.before.length)
  const before = parts?.before ?? head
  const trigger = triggerOf(open + before)
  const calls: CallNotation = {
    ...trigger,
    open,
    before,
    afterName,
    arguments: 'json',
    end: parts?.end ?? tail,
    separator: parts?.separator,
    close: parts === undefined ? '' : tail.slice(parts.end.length),
  }
  return { name: 'template', calls }
}

interface CutCall {
  readonly head: string
  readonly afterName: string
  readonly tail: string
}

/** The text before the name, between name and arguments, and after them, without what ends the turn. */
function cutCall(turn: string, name: string, turnEnd: string, { endTexts }: AnalysisOptions): CutCall | undefined {
  const nameAt = turn.indexOf(name)
  const found = findJson(turn, nameAt + name.length)
  if (nameAt < 0 || found === undefined) return undefined
  const rest = withoutId(turn.slice(found.end))
  const ends = [turnEnd, ...endTexts].filter((end) => end.trim() !== '').map((end) => rest.indexOf(end))
  const cut = Math.min(rest.length, ...ends.filter((at) => at >= 0))
  const afterName = turn.slice(nameAt + name.length, found.start)
  const head = turn.slice(0, nameAt)
  // What a call is recognised by must not be empty, and nothing but the name may vary.
  if (head.trim() === '' || afterName === '' || ids.some((id) => (head + afterName).includes(id))) return undefined
  return { head: head.trimStart(), afterName, tail: rest.slice(0, cut).trimEnd() }
}

function findJson(turn: string, from: number): { readonly start: number; readonly end: number } | undefined {
  for (const written of [spacedJson(values), JSON.stringify(values)]) {
    const start = turn.indexOf(written, from)
    if (start >= 0) return { start, end: start + written.length }
  }
  return undefined
}

/** Ids are given by us, not written by the model. */
function withoutId(text: string): string {
  return ids.reduce((left, id) => left.replaceAll(new RegExp(`,\\s*"(?:id|tool_call_id)":\\s*"${id}"`, 'g'), ''), text)
}

function splitTwo(turn: string, { head, afterName, tail }: CutCall) {
  const secondAt = turn.indexOf(secondName)
  const firstArguments = findJson(turn, turn.indexOf(firstName))
  if (secondAt < 0 || firstArguments === undefined) return undefined
  if (!turn.startsWith(afterName, secondAt + secondName.length)) return undefined
  const middle = withoutId(turn.slice(firstArguments.end, secondAt))
  const end = sharedStartOf(unitsOf(middle), unitsOf(tail)).join('')
  const lead = middle.slice(end.length)
  const before = sharedStartOf(unitsOf(lead).toReversed(), unitsOf(head).toReversed()).toReversed().join('')
  if (before === '') return undefined
  return { end, separator: lead.slice(0, lead.length - before.length), before }
}

/** The shortest start that is no text: a tag or a control token. Without one calls begin the answer, and all of it is needed. */
function triggerOf(opener: string): Pick<CallNotation, 'trigger' | 'afterText'> {
  const tag = /^(?:<[^<>]+>|\[[A-Z_]+\])/.exec(opener)?.[0]
  if (tag !== undefined) return { trigger: tag, afterText: true }
  return { trigger: opener, afterText: /^[<\p{L}]/u.test(opener) && opener.length > 5 }
}

/** Thinking as the template shows that of earlier turns, or as the vocabulary knows it. */
async function findReasoning(
  render: Render,
  prompt: string,
  { hasToken }: AnalysisOptions,
): Promise<ReasoningNotation | undefined> {
  const turn = { role: 'assistant', content: 'Tanswer', reasoning_content: 'Rthought' } as const
  const one = await render({ messages: [user, turn] })
  const at = one?.lastIndexOf('Rthought') ?? -1
  if (one !== undefined && at >= 0) {
    // Where the prompt itself opens the thinking, the marker is its last one.
    const behind = one.slice(sharedStart(one, prompt), at).trim()
    const open = behind === '' ? (/(?:<[^<>]+>|\[[A-Z]+\])\s*$/.exec(one.slice(0, at))?.[0].trim() ?? '') : behind
    const close = one.slice(at + 'Rthought'.length, one.lastIndexOf('Tanswer')).trim()
    if (open !== '' && close !== '') return { open, close }
  }
  const known = [
    { open: '<think>', close: '</think>' },
    { open: '[THINK]', close: '[/THINK]' },
  ]
  return known.find(({ open, close }) => hasToken(open) && hasToken(close))
}

function sharedStart(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}

/** Tags are whole: two that begin alike share nothing. */
function unitsOf(text: string): string[] {
  return text.match(/<[^<>]*>|\[[A-Z_]+\]|[^]/gu) ?? []
}

function sharedStartOf(a: readonly string[], b: readonly string[]): readonly string[] {
  const differs = a.findIndex((unit, index) => unit !== b[index])
  return differs < 0 ? a : a.slice(0, differs)
}
