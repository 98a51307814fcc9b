/** Both ends of a decoder and the walk over its blocks. */
import type { Graph, Tensor } from '../../tensor/graph.ts'
import { embedding, rmsNorm, rows } from '../../tensor/ops/index.ts'
import { OstroError } from '../../util/error.ts'
import type { ForwardOptions, ModelConfig } from '../architecture.ts'
import type { Weights } from '../weights.ts'
import { linear, readLinear } from './linear.ts'
import type { Linear } from './linear.ts'

/** Rows of the embedding table: the table, not the configuration, says how many ids there are. */
function vocabularyOf(weights: Weights): number {
  const shape = weights.shapeOf('token_embd.weight')
  if (shape.length === 2) return shape[0]
  const message = `tensor 'token_embd.weight': expected shape [V, D], got [${shape.join(', ')}].`
  throw new OstroError('invalid-file', message, { tensor: 'token_embd.weight' })
}

/** Embeddings of the tokens [T, D]. */
export function embedTokens(g: Graph, weights: Weights, { width }: ModelConfig): Tensor {
  const tokenEmbd = weights.tensor('token_embd.weight', [vocabularyOf(weights), width])
  return embedding(g, tokenEmbd, g.input('tokens'), 'token_embd')
}

/** Runs `block` for each layer with the layer's weights; outputs the hidden states when asked. */
export function runBlocks(
  g: Graph,
  x: Tensor,
  weights: Weights,
  config: ModelConfig,
  options: ForwardOptions,
  block: (x: Tensor, weights: Weights, layer: number) => Tensor,
): Tensor {
  let stream = x
  if (options.hidden === true) g.output('hidden.0', stream)
  for (let layer = 0; layer < config.layers; layer++) {
    const prefix = `blk.${layer}.`
    stream = g.scope(prefix, () => block(stream, weights.scope(prefix), layer))
    if (options.hidden === true) g.output(`hidden.${layer + 1}`, stream)
  }
  return stream
}

/** A norm of rows x [*, D] with a weight [D]. */
export type Norm = (g: Graph, x: Tensor, weight: Tensor, epsilon: number, label: string) => Tensor

/** Final norm and output projection, for the asked rows only: x [T, D] -> logits [R, V]. */
export function projectLogits(
  g: Graph,
  x: Tensor,
  weights: Weights,
  config: ModelConfig,
  options: ForwardOptions,
  norm: Norm = rmsNorm,
): Tensor {
  const { width, normEpsilon } = config
  const asked = rows(g, x, g.input('rows'), 'output_rows') // [R, D]
  const normed = norm(g, asked, weights.tensor('output_norm.weight', [width]), normEpsilon, 'output_norm') // [R, D]
  if (options.hidden === true || options.hidden === 'norm') g.output('hidden.norm', normed)
  return linear(g, normed, readOutput(weights, width), 'logits')
}

/** The output projection, or the embedding table where the file ties them. */
function readOutput(weights: Weights, width: number): Linear {
  const V = vocabularyOf(weights)
  const untied = weights.optional('output.weight', [V, width])
  if (untied !== undefined) return readLinear(weights, 'output', V, width)
  return { weight: weights.tensor('token_embd.weight', [V, width]), bias: undefined }
}
