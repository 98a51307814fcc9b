/**
 * What of a model can be looked at while it runs, by name: every tensor by its label (`blk.3.attn_norm`), the weights of an attention
 * (`blk.3.attention`), what a router saw and chose (`router.3.experts`), and the size of a state (`blk.3.scan.norm`).
 */
import type { Program } from '../../tensor/device.ts'
import type { Graph, GraphNode, Tensor } from '../../tensor/graph.ts'
import { countElements } from '../../tensor/shape.ts'
import { OstroError } from '../../util/error.ts'

export type TapPoint =
  /** Columns [from, to) of the rows of a tensor. */
  | {
      readonly kind: 'values'
      readonly name: string
      readonly tensor: Tensor
      readonly from: number
      readonly to: number
    }
  /** Shares that each head gives to each position. */
  | { readonly kind: 'attention'; readonly name: string; readonly node: GraphNode }
  /** Length of a state's values as one vector. */
  | { readonly kind: 'state'; readonly name: string; readonly state: number }

/** Everything that `program` lets be seen of the graph that it runs, in order of evaluation; states come last. */
export function listTapPoints(graph: Graph, program: Pick<Program, 'makes'>): TapPoint[] {
  const points = graph.nodes.flatMap((node) => [...pointsOf(node)])
  const states = graph.states.map(({ name }, state): TapPoint => ({ kind: 'state', name: `${name}.norm`, state }))
  const seen = points.filter((point) => tensorsOf(point).every(({ id }) => program.makes(id)))
  return [...seen, ...states]
}

/**
 * The points that any of the patterns names; `*` stands for any text.
 * @throws OstroError `invalid-argument` for a pattern that names none
 */
export function selectTapPoints(points: readonly TapPoint[], patterns: readonly string[]): TapPoint[] {
  const matchers = patterns.map((pattern) => {
    const matches = matcherOf(pattern)
    if (points.some(({ name }) => matches(name))) return matches
    const near = points.filter(({ name }) => name.startsWith(pattern.split('*')[0].slice(0, 4))).slice(0, 8)
    const names = (near.length > 0 ? near : points.slice(0, 8)).map(({ name }) => name).join(', ')
    throw new OstroError(
      'invalid-argument',
      `tap: '${pattern.slice(0, 80)}' names no step of this model. There are ${points.length}, such as ${names}.`,
      { pattern },
    )
  })
  return points.filter(({ name }) => matchers.some((matches) => matches(name)))
}

function* pointsOf(node: GraphNode): Generator<TapPoint> {
  const { op, inputs, output } = node
  yield wholeTensor(output.name, output)
  const block = /^(.*?)(\d+)\.[^.]*$/.exec(output.name)
  // A bias by distance or an end that is not the token's own would have to be recomputed as well.
  if (op.name === 'attention' && inputs.length === 5) {
    yield { kind: 'attention', name: `${output.name.slice(0, output.name.lastIndexOf('.') + 1)}attention`, node }
  }
  if ((op.name === 'route' || op.name === 'capped-route') && block !== null) {
    const router = `router.${block[1].replace(/blk\.$/, '')}${block[2]}`
    const k = widthOf(output) / 2
    yield wholeTensor(`${router}.logits`, inputs[0])
    yield { kind: 'values', name: `${router}.experts`, tensor: output, from: 0, to: k }
    yield { kind: 'values', name: `${router}.weights`, tensor: output, from: k, to: 2 * k }
  }
}

function wholeTensor(name: string, tensor: Tensor): TapPoint {
  return { kind: 'values', name, tensor, from: 0, to: widthOf(tensor) }
}

/** Values of one row. */
export function widthOf({ shape }: Tensor): number {
  return countElements(shape.slice(1).map(Number))
}

function tensorsOf(point: TapPoint): readonly Tensor[] {
  switch (point.kind) {
    case 'values':
      return [point.tensor]
    case 'attention':
      return [point.node.output, point.node.inputs[0]]
    case 'state':
      return []
    default:
      return point satisfies never
  }
}

function matcherOf(pattern: string): (name: string) => boolean {
  const parts = pattern.split('*')
  const [head, tail] = [parts[0], parts.at(-1) ?? '']
  if (parts.length === 1) return (name) => name === pattern
  return (name) => {
    if (!name.startsWith(head) || !name.endsWith(tail) || name.length < head.length + tail.length) return false
    let at = head.length
    for (const part of parts.slice(1, -1)) {
      const found = name.indexOf(part, at)
      if (found < 0) return false
      at = found + part.length
    }
    return at <= name.length - tail.length
  }
}
