/** The gated linear unit of feed-forward blocks: kind(gate) * up (Shazeer 2020). */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { scalarFunctions } from '../scalar-functions.ts'
import { describeTensors, refuse, sameShape, takeInputs } from '../shape.ts'

export const gluKinds = ['silu', 'gelu-tanh', 'gelu-erf', 'relu'] as const
export type GluKind = (typeof gluKinds)[number]

export interface GluAttributes {
  readonly kind: GluKind
}

export const gluOp: OpDefinition<GluAttributes> = {
  name: 'glu',
  infer(inputs, { kind }) {
    const [gate, up] = takeInputs('glu', inputs, 2)
    if (!gluKinds.includes(kind)) refuse('glu', gluKinds.join(', '), String(kind))
    if (!sameShape(gate.shape, up.shape)) refuse('glu', 'gate and up of one shape', describeTensors(inputs))
    return { shape: gate.shape, type: 'f32' }
  },
  reference({ attributes: { kind }, inputs: [gate, up], output }) {
    const f = scalarFunctions[kind]
    for (let i = 0; i < output.data.length; i++) output.data[i] = f(gate.data[i]) * up.data[i]
  },
}

/** kind(gate) * up; both [*, F]. */
export function glu(g: Graph, gate: Tensor, up: Tensor, kind: GluKind, label?: string): Tensor {
  return g.apply(gluOp, [gate, up], { kind }, label)
}
