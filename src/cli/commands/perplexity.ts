/**
 * ostro perplexity: how well a model predicts a text. The text is cut into chunks, each is run by itself, and only the second
 * half of a chunk counts, where every token has context; the same procedure as llama.cpp's tool, so figures can be compared.
 */
import { readFile } from 'node:fs/promises'
import { defaultModelName } from '../../hub/index.ts'
import type { Model } from '../../index.ts'
import { OstroError } from '../../util/error.ts'
import { usage } from '../arguments.ts'
import { defineCommand } from '../command.ts'
import { count, loadArgs, loadModel, readStandardInput } from '../model-options.ts'

export const command = defineCommand({
  args: {
    file: { type: 'positional', required: true, description: 'Text file; - reads standard input' },
    model: { type: 'string', description: 'Name, URI or path', default: defaultModelName },
    chunk: { type: 'string', description: 'Tokens in a chunk', default: '512' },
    chunks: { type: 'string', description: 'Most chunks; default: all that the text fills' },
    ...loadArgs,
  },
  run: async ({ args, output, signal }) => {
    const chunkTokens = count('chunk', args.chunk) ?? 512
    if (chunkTokens < 4) throw usage(`expected --chunk of at least 4, got ${args.chunk}`)
    const text = args.file === '-' ? await readStandardInput() : await readText(args.file)
    await using model = await loadModel(args.model, { ...args, context: args.context ?? args.chunk }, output, signal)
    const started = performance.now()
    const tokens = await model.tokenize(text)
    const full = Math.floor(tokens.length / chunkTokens)
    const chunks = Math.min(full, count('chunks', args.chunks) ?? full)
    if (chunks === 0) throw usage(`the text has ${tokens.length} tokens, one chunk needs ${chunkTokens}`)
    // Every chunk starts as a text does: with BOS in place of its first token, where the model adds one.
    const bos = await firstToken(model)
    let sum = 0
    let predictions = 0
    for (let chunk = 0; chunk < chunks; chunk++) {
      const part = tokens.slice(chunk * chunkTokens, (chunk + 1) * chunkTokens)
      if (bos !== undefined) part[0] = bos
      for (const logprob of await model.score(part, { from: chunkTokens >> 1, signal })) {
        sum -= logprob
        predictions++
      }
      output.note(`chunk ${chunk + 1} of ${chunks}: perplexity ${Math.exp(sum / predictions).toFixed(4)}`)
    }
    const meanNll = sum / predictions
    const seconds = (performance.now() - started) / 1000
    const value = {
      perplexity: Math.exp(meanNll),
      meanNll,
      predictions,
      chunks,
      chunkTokens,
      textTokens: tokens.length,
    }
    const speed = `${Math.round((chunks * chunkTokens) / seconds)} tokens/s`
    output.print(value, `perplexity ${value.perplexity.toFixed(4)} over ${predictions} predictions, ${speed}`)
  },
})

/** The token that the model puts before every text. */
async function firstToken(model: Model): Promise<number | undefined> {
  const [withBos, without] = await Promise.all([model.tokenize('a'), model.tokenize('a', { addSpecial: false })])
  return withBos[0] === without[0] ? undefined : withBos[0]
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new OstroError('not-found', `perplexity: ${path} can't be read.`, { path }, { cause })
  }
}
