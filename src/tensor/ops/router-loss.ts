/** What training adds for a router: its balance, the size of its logits, or its entropy; `src/tensor/routing/losses.ts` has the gradients. */
import type { Graph, Tensor } from '../graph.ts'
import type { OpDefinition } from '../op.ts'
import { balanceLoss, pooledBalanceLoss, routerEntropy, zLoss } from '../routing/losses.ts'
import { describeTensors, lastDim, refuse, takeInputs } from '../shape.ts'

export type RouterLossAttributes =
  | { readonly kind: 'balance'; readonly form: 'switch' | 'gshard' }
  /** Balance that counts all `k` choices of a token. */
  | { readonly kind: 'pooled-balance'; readonly k: number }
  | { readonly kind: 'z' }
  | { readonly kind: 'entropy' }

export const routerLossOp: OpDefinition<RouterLossAttributes> = {
  name: 'router-loss',
  infer(inputs) {
    const [logits] = takeInputs('router-loss', inputs, 1)
    lastDim('router-loss', logits)
    if (logits.shape.length !== 2) refuse('router-loss', 'logits [T, E]', describeTensors(inputs))
    return { shape: [1], type: 'f32' }
  },
  reference({ attributes, inputs: [logits], output }) {
    output.data[0] = lossOf(attributes, logits.data, logits.shape[1])
  },
}

function lossOf(attributes: RouterLossAttributes, logits: ArrayLike<number>, E: number): number {
  switch (attributes.kind) {
    case 'balance':
      return balanceLoss(logits, E, attributes.form).value
    case 'pooled-balance':
      return pooledBalanceLoss([logits], E, attributes.k).value
    case 'z':
      return zLoss(logits, E).value
    case 'entropy':
      return routerEntropy(logits, E).value
  }
  return attributes satisfies never
}

/** Router logits [T, E] -> [1]. */
export function routerLoss(g: Graph, logits: Tensor, attributes: RouterLossAttributes, label?: string): Tensor {
  return g.apply(routerLossOp, [logits], attributes, label)
}
