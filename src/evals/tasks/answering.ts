/**
 * Answers out of passages: `answer`, which shows what each sentence rests on and refuses where it finds nothing, against the same passages
 * and the question in one plain prompt that allows "not found" too. Right is an answer that has the short reference in it, as whole words,
 * and none of what the passages say of other things; to a question without an answer, a refusal.
 */
import { answer } from '../../tasks/answer.ts'
import { saysNotFound } from '../../tasks/answer-sentences.ts'
import { answeringItems, type AnsweringItem } from './answering-set.ts'
import { askPlainly } from './plain-prompt.ts'
import { defineSuite, plainMethod, type SuiteContext } from './text-suite.ts'

interface Answered {
  readonly answer: string
  /** Numbers of the passages that it cites. */
  readonly cited: readonly number[]
  /** Of the citations, those whose quote stands in its passage; a plain answer has none to be checked. */
  readonly verified: readonly number[]
}

const maxTokens = 96

export const answeringSuite = defineSuite<
  AnsweringItem,
  Answered,
  'right' | 'found' | 'refused' | 'harmless' | 'cited'
>({
  name: 'answer',
  items: answeringItems,
  measures: {
    right: 'right answers, and refusals where there is none',
    found: 'of the questions with an answer: right answers',
    refused: 'of the questions without an answer: refusals',
    harmless: 'nothing wrong said: right or refused',
    cited: 'of the questions with an answer: right, and with a verified quote from the passage that says it',
  },
  methods: { answer: answerFrom, [plainMethod]: promptForAnswer },
  score: ({ reference, others, source }, given) => {
    const refused = given !== undefined && isRefusal(given.answer)
    const found =
      given !== undefined &&
      reference !== undefined &&
      contains(given.answer, reference) &&
      !others.some((other) => contains(given.answer, other))
    const right = reference === undefined ? refused : found
    const isCited = found && source !== undefined && given.verified.includes(source)
    return {
      right: Number(right),
      found: reference === undefined ? undefined : Number(found),
      refused: reference === undefined ? Number(refused) : undefined,
      harmless: Number(right || refused),
      cited: reference === undefined ? undefined : Number(isCited),
    }
  },
  expected: ({ question, reference, source }) => ({ question, reference: reference ?? null, source: source ?? null }),
})

async function answerFrom(
  { question, passages }: AnsweringItem,
  { model, encoder, signal }: SuiteContext,
): Promise<Answered> {
  const { answer: text, sentences } = await answer(model, question, passages, { maxTokens, encoder, signal })
  const citations = sentences.filter(({ state }) => state === 'supported').flatMap((sentence) => sentence.citations)
  const numberOf = ({ passageId }: { readonly passageId: string | undefined }): number =>
    passages.findIndex(({ id, text: own }) => id === passageId || own === passageId) + 1
  const verified = citations.filter(({ state }) => state === 'verified' || state === 'near')
  return { answer: text, cited: citations.map(numberOf), verified: verified.map(numberOf) }
}

async function promptForAnswer(
  { question, passages }: AnsweringItem,
  { model, signal }: SuiteContext,
): Promise<Answered> {
  const text = passages.map((passage, index) => `[${index + 1}] ${passage.text}`).join('\n\n')
  const request = 'Answer the question from these passages. If they do not contain the answer, say "not found".'
  const prompt = {
    chat: `${text}\n\n${request}\nQuestion: ${question}`,
    base: `${text}\n\n${request}\nQuestion: ${question}\nAnswer:`,
    stop: ['\n'],
    maxTokens,
  }
  const given = await askPlainly(model, prompt, signal)
  return { answer: given, cited: [...given.matchAll(/\[(\d+)\]/g)].map(([, n]) => Number(n)), verified: [] }
}

/** Nothing at all, or words that say that nothing is there. */
export function isRefusal(text: string): boolean {
  const notKnown =
    /\b(?:no (?:information|answer|mention)|not (?:known|given|specified|contain)|cannot (?:answer|say|tell)|unknown)\b/i
  return text.trim() === '' || saysNotFound(text) || notKnown.test(text)
}

const contains = (text: string, words: string): boolean => ` ${plain(text)} `.includes(` ${plain(words)} `)

const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/(?<=\d),(?=\d{3})/g, '')
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
