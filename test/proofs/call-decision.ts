/**
 * The weights of the call decision, fitted anew on both small models. What the request and the functions share needs no model, so its
 * weights come from all requests of the fitting half of BFCL's development data (lines 1, 3, 5, ...); how much the models' own evidence adds
 * comes from a sample of it, since each request takes about a second. Told for the other half and for the hand-written
 * requests, which nothing is fitted to. Fails where the weights in the code are right for fewer of them than the fitted ones by more
 * than three in a hundred.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import {
  type CallCalibration,
  callCalibration,
  calibratedProbability,
  type CallEvidence,
  evidenceTerms,
} from '../../src/engine/call-decision.ts'
import { noOverlap, requestOverlap } from '../../src/engine/request-overlap.ts'
import { adaptFunctions } from '../../src/evals/bfcl/adapt-functions.ts'
import { languageOf } from '../../src/evals/bfcl/check-answer.ts'
import { type Category, readDataSet } from '../../src/evals/bfcl/index.ts'
import { load, type Model } from '../../src/index.ts'
import { describeTools, type ToolDefinition } from '../../src/tools/index.ts'
import { fitLogistic } from '../support/fit-logistic.ts'
import { realModelPath } from '../support/models.ts'
import { relevanceItems } from '../support/relevance-items.ts'

interface Item {
  readonly category: string
  readonly tools: readonly ToolDefinition[]
  readonly request: string
  readonly relevant: boolean
}

interface Weighed extends Item {
  readonly evidence: CallEvidence
}

const folder = fileURLToPath(new URL('../../../shared/data/bfcl-dev/', import.meta.url))

/** Categories with what each counts in the fit, whatever its number of items. */
const shares: Partial<Record<Category, number>> = {
  irrelevance: 4,
  live_irrelevance: 3,
  simple_python: 3,
  live_simple: 2,
  multiple: 1,
  live_multiple: 1,
}

/** Requests of a category and half that the models read. */
const sampleSize = 40

export async function callDecision(): Promise<boolean> {
  if (!existsSync(folder)) {
    console.log('SKIPPED: the data set is not there.')
    return false
  }
  const [fitting, testing] = await Promise.all([itemsOf(0), itemsOf(1)])
  const overlapWeights = fitOverlap(fitting)
  const fittingEvidence: Weighed[] = []
  const testingEvidence: Weighed[] = []
  for (const name of ['smollm2', 'gemma3'] as const) {
    const path = await realModelPath(name)
    if (path === undefined) return false
    await using model = await load(path, { context: 2048 })
    fittingEvidence.push(...(await weigh(model, sampleOf(fitting))))
    const own = await weigh(model, [...sampleOf(testing), ...handWritten])
    testingEvidence.push(...own)
    tell(`${name}, weights in the code, other half`, own, callCalibration)
  }
  const fitted = fitEvidence(fittingEvidence, overlapWeights)
  console.log(
    `fitted: ${JSON.stringify(fitted, (_, value) => (typeof value === 'number' ? +value.toFixed(2) : value))}`,
  )
  tell('both, fitted weights, other half', testingEvidence, fitted)
  return rightShare(testingEvidence, fitted) - rightShare(testingEvidence, callCalibration) <= 0.03
}

const handWritten: readonly Item[] = relevanceItems.map(({ tool, request, relevant }) => ({
  category: 'hand-written',
  tools: [tool],
  request,
  relevant,
}))

async function itemsOf(half: 0 | 1): Promise<readonly Item[]> {
  const categories = Object.keys(shares) as Category[]
  const sets = await Promise.all(
    categories.map(async (category) => readDataSet(category, await readFile(`${folder}${category}.jsonl`, 'utf8'))),
  )
  return sets.flatMap((set) =>
    set
      .filter(({ functions }, index) => functions.length > 0 && index % 2 === half)
      .map(({ category, functions, messages }) => ({
        category,
        tools: adaptFunctions(functions, languageOf(category)).tools,
        request: String(messages.at(-1)?.content ?? '').trim(),
        relevant: !category.includes('irrelevance'),
      })),
  )
}

/** Spread over each category; long lists of functions would take most of the time. */
function sampleOf(items: readonly Item[]): readonly Item[] {
  return Object.keys(shares).flatMap((category) => {
    const own = items.filter((item) => item.category === category && describeTools(item.tools).length < 2000)
    const size = Math.min(sampleSize, own.length)
    return Array.from({ length: size }, (_, index) => own[Math.floor((index * own.length) / size)])
  })
}

async function weigh(model: Model, items: readonly Item[]): Promise<Weighed[]> {
  const weighed: Weighed[] = []
  for (const item of items) weighed.push({ ...item, evidence: await evidenceOf(model, item) })
  return weighed
}

async function evidenceOf(model: Model, { tools, request }: Item): Promise<CallEvidence> {
  const prompt = await model.render([{ role: 'user', content: request }], { tools, toolFormat: 'universal' })
  const { logprobs } = await model.complete(prompt, { maxTokens: 1, temperature: 0, logprobs: 200, ignoreEnd: true })
  const begins = (logprobs?.[0]?.top ?? []) as readonly { readonly text?: string; readonly logprob: number }[]
  const calling = begins.filter(({ text }) => text?.trimStart().startsWith('[') === true)
  const lead = 'Question:'
  const informed = await textLogprob(model, `${describeTools(tools)}\n${lead}`, ` ${request}`)
  return {
    firstToken: calling.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0),
    relevance: informed - (await textLogprob(model, lead, ` ${request}`)),
    overlap: requestOverlap(request, tools),
  }
}

/** As the engine does it: the first 32 tokens. */
async function textLogprob(model: Model, before: string, text: string): Promise<number> {
  const from = (await model.tokenize(before)).length - 1
  const whole = await model.tokenize(before + text)
  const logprobs = await model.score(whole.slice(0, from + 33), { from })
  return logprobs.reduce((sum, logprob) => sum + logprob, 0)
}

const overlapTerms = ['name', 'description', 'words', 'numbers'] as const

type OverlapWeights = Readonly<Record<(typeof overlapTerms)[number] | 'bias', number>>

function fitOverlap(items: readonly Item[]): OverlapWeights {
  const rows = items.map(({ tools, request }) => {
    const overlap = requestOverlap(request, tools) ?? noOverlap
    return overlapTerms.map((term) => overlap[term])
  })
  const [name, description, words, numbers, bias] = fitLogistic(rows, labelsOf(items), countsOf(items))
  return { name, description, words, numbers, bias }
}

/** The overlap as one sum, the models' evidence beside it. */
function fitEvidence(items: readonly Weighed[], overlapWeights: OverlapWeights): CallCalibration {
  const rows = items.map(({ evidence }) => {
    const terms = evidenceTerms(evidence)
    const sum = overlapTerms.reduce((total, term) => total + overlapWeights[term] * terms[term], overlapWeights.bias)
    return [sum, terms.firstToken, terms.relevance]
  })
  const [share, firstToken, relevance, bias] = fitLogistic(rows, labelsOf(items), countsOf(items))
  return {
    firstToken,
    relevance,
    name: share * overlapWeights.name,
    description: share * overlapWeights.description,
    words: share * overlapWeights.words,
    numbers: share * overlapWeights.numbers,
    bias: share * overlapWeights.bias + bias,
  }
}

function labelsOf(items: readonly Item[]): number[] {
  return items.map(({ relevant }) => Number(relevant))
}

function countsOf(items: readonly Item[]): number[] {
  const numbers = new Map<string, number>()
  for (const { category } of items) numbers.set(category, (numbers.get(category) ?? 0) + 1)
  return items.map(({ category }) => (shares[category as Category] ?? 1) / (numbers.get(category) ?? 1))
}

function isRight({ evidence, relevant }: Weighed, calibration: CallCalibration): boolean {
  return calibratedProbability(evidence, calibration) >= 0.5 === relevant
}

function rightShare(items: readonly Weighed[], calibration: CallCalibration): number {
  return items.filter((item) => isRight(item, calibration)).length / items.length
}

function tell(title: string, items: readonly Weighed[], calibration: CallCalibration): void {
  const categories = [...new Set(items.map(({ category }) => category))].map((category) => {
    const own = items.filter((item) => item.category === category)
    return `${category} ${own.filter((item) => isRight(item, calibration)).length} of ${own.length}`
  })
  console.log(`${title}: ${categories.join(', ')} decided right`)
}
