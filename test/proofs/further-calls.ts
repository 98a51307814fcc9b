/**
 * The weights of the decision on further calls, fitted anew. No model is asked: the calls so far are those of the ground truth. Fitted on
 * lines 1, 3, 5, ... of BFCL's development data, told for the other half. Fails where the weights in the code add a call to more than two
 * in a hundred requests for one, or go on after fewer of the calls that are followed by one than the fitted weights by more than five in a hundred.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import {
  continuationProbability,
  type ContinuationWeights,
  continuationWeights,
} from '../../src/engine/call-continuation.ts'
import {
  type CallRemainder,
  callRemainder,
  findLeftOver,
  type MadeCall,
  readRequest,
} from '../../src/engine/call-remainder.ts'
import { adaptFunctions } from '../../src/evals/bfcl/adapt-functions.ts'
import { languageOf } from '../../src/evals/bfcl/check-answer.ts'
import { type BfclItem, type Category, readDataSet } from '../../src/evals/bfcl/index.ts'
import type { JsonValue } from '../../src/util/json.ts'
import { fitLogistic } from '../support/fit-logistic.ts'

const folder = fileURLToPath(new URL('../../../shared/data/bfcl-dev/', import.meta.url))

/** Categories with what each of their requests counts. */
const shares: Partial<Record<Category, number>> = {
  parallel: 1,
  parallel_multiple: 1,
  simple_python: 1,
  multiple: 1,
  live_simple: 1,
  live_multiple: 0.4,
  live_parallel: 1,
  live_parallel_multiple: 1,
}

/** Some calls of a request's ground truth, and whether there are more. */
interface Place {
  readonly category: Category
  readonly remainder: CallRemainder
  readonly more: boolean
}

export async function furtherCalls(): Promise<boolean> {
  if (!existsSync(folder)) {
    console.log('SKIPPED: the data set is not there.')
    return false
  }
  const [fitting, testing] = await Promise.all([placesOf(0), placesOf(1)])
  const names = Object.keys(fitting[0].remainder) as (keyof CallRemainder)[]
  const fitted = fitLogistic(
    fitting.map(({ remainder }) => names.map((name) => remainder[name])),
    fitting.map(({ more }) => Number(more)),
    fitting.map(({ category }) => shares[category] ?? 1),
  )
  const own = Object.fromEntries([...names, 'bias'].map((name, index) => [name, fitted[index]])) as never
  console.log(`fitted: ${[...names, 'bias'].map((name, index) => `${name} ${fitted[index].toFixed(2)}`).join(', ')}`)
  tell('fitted weights', testing, own)
  tell('weights in the code', testing, continuationWeights)
  const single = testing.filter(({ category }) => category === 'simple_python' || category === 'multiple')
  const followed = testing.filter(({ more }) => more)
  const lost = shareOf(followed, own) - shareOf(followed, continuationWeights)
  return shareOf(single, continuationWeights) <= 0.02 && lost <= 0.05
}

async function placesOf(half: 0 | 1): Promise<readonly Place[]> {
  const categories = Object.keys(shares) as Category[]
  const sets = await Promise.all(
    categories.map(async (category) => readDataSet(category, await readFile(`${folder}${category}.jsonl`, 'utf8'))),
  )
  return sets.flatMap((set) => set.filter((_, index) => index % 2 === half).flatMap(placesIn))
}

function placesIn({ category, functions, messages, accepted }: BfclItem): readonly Place[] {
  const { tools, originalName } = adaptFunctions(functions, languageOf(category))
  const request = String(messages.at(-1)?.content ?? '').trim()
  const calls = accepted.map(({ name, arguments: values }): MadeCall => {
    // Of the values that are accepted the first; an empty one says that the parameter may be left out.
    const first = Object.entries(values).map(([key, [value = '']]) => [key, plain(value)] as const)
    const tool = tools.find(({ function: shown }) => originalName(shown.name) === name)
    return {
      name: tool?.function.name ?? name,
      arguments: Object.fromEntries(first.filter(([, value]) => value !== '')),
    }
  })
  const reading = readRequest(request, tools)
  return calls.map((_, index) => {
    const remainder = callRemainder(findLeftOver(reading, calls.slice(0, index + 1)))
    return { category, remainder, more: index + 1 < calls.length }
  })
}

/** Numbers of the data set know whether they are whole. */
function plain(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner)))
}

function shareOf(places: readonly Place[], weights: ContinuationWeights): number {
  const going = places.filter(({ remainder }) => continuationProbability(remainder, weights) >= 0.5)
  return places.length === 0 ? 0 : going.length / places.length
}

function tell(title: string, places: readonly Place[], weights: ContinuationWeights): void {
  for (const category of Object.keys(shares)) {
    const [followed, last] = [true, false].map((more) => {
      const own = places.filter((place) => place.category === category && place.more === more)
      return `${Math.round(shareOf(own, weights) * own.length)} of ${own.length}`
    })
    console.log(`${title}, ${category}: goes on after ${followed} calls that one follows, ${last} that none does`)
  }
}
