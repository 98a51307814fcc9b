/** Tokens per second of eight streams at once against one after the other, with the same texts, and what a long prompt costs others. */
import { load, type Model } from 'ostro'
import { type Figure, median } from './figure.ts'
import { type BenchModel, promptTokens, realModels } from './models.ts'
import type { BenchOptions } from './suite.ts'

const answerTokens = 64
const options = { temperature: 0, maxTokens: answerTokens, ignoreEnd: true } as const
const prompts = [
  'The capital of France is',
  'Once upon a time, in a small house by the sea,',
  'In 1969, the first',
  'My favourite recipe begins with two onions and',
  'The theory of relativity says that',
  'A train leaves the station at nine and',
  'Dear customer, thank you for',
  'The best way to learn a language is',
]

export async function* batch({ runs, modelFilter }: BenchOptions): AsyncGenerator<Figure> {
  for (const file of await realModels()) {
    if (!file.name.includes(modelFilter)) continue
    await using model = await load(file.path, { context: 2048 })
    await model.complete('Warm up', options)
    yield await streams(file, model, runs)
    yield await stall(file, model, runs)
  }
}

/** Runs of both in turn; a stream whose text differs from that of its run alone ends the program. */
async function streams(file: BenchModel, model: Model, runs: number): Promise<Figure> {
  const alone: number[] = []
  const together: number[] = []
  for (let run = 0; run < runs; run++) {
    const texts: string[] = []
    alone.push(
      await tokensPerSecond(async () => {
        for (const prompt of prompts) texts.push((await model.complete(prompt, options)).text)
      }),
    )
    together.push(
      await tokensPerSecond(async () => {
        const answers = await Promise.all(prompts.map((prompt) => model.complete(prompt, options)))
        answers.forEach(({ text }, index) => {
          if (text !== texts[index]) throw new Error(`batch: '${prompts[index]}' goes on differently in company`)
        })
      }),
    )
  }
  return {
    figure: `${prompts.length} streams against one`,
    model: file.name,
    ours: median(together),
    peer: undefined,
    ratio: median(together.map((value, run) => value / alone[run])),
    must: '>= 2',
    aim: '>= 3',
    unit: 'tokens/s',
    runs,
    note: `one stream ${median(alone).toFixed(1)} tokens/s, texts identical`,
  }
}

async function tokensPerSecond(act: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await act()
  return (prompts.length * answerTokens * 1000) / (performance.now() - started)
}

/** The longest time between two tokens of a stream while another request's prompt is read, over the time that one chunk takes. */
async function stall(file: BenchModel, model: Model, runs: number): Promise<Figure> {
  const longest: number[] = []
  const chunk: number[] = []
  for (let run = 0; run < runs; run++) {
    const fresh = (count: number): number[] => [
      1000 + 2 * run + (count === 256 ? 1 : 0),
      ...promptTokens(count).slice(1),
    ]
    chunk.push((await model.complete(fresh(256), { ...options, maxTokens: 1 })).timings.prefillMs)
    let last: number | undefined
    let gap = 0
    let long: Promise<unknown> | undefined
    for await (const event of model.stream(prompts[0], options)) {
      if (event.type !== 'text-delta') continue
      const now = performance.now()
      if (last !== undefined) gap = Math.max(gap, now - last)
      last = now
      long ??= model.complete(fresh(1024), { ...options, maxTokens: 1 })
    }
    await long
    longest.push(gap)
  }
  return {
    figure: 'longest wait of a stream beside a prompt of 1024',
    model: file.name,
    ours: median(longest),
    peer: undefined,
    ratio: median(longest.map((value, run) => value / chunk[run])),
    must: undefined,
    aim: undefined,
    unit: 'ms',
    runs,
    note: `ratio: over the ${median(chunk).toFixed(0)} ms of reading 256 tokens`,
  }
}
