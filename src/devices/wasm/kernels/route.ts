/** Chooses experts: softmax over the logits of each token, then the k largest, the lower number first where two are equal. */
import { at, f32, f32x4, i32, i32x4, v128 } from '../asm/expression.ts'
import type { F32 } from '../asm/expression.ts'
import type { FunctionBuilder, Local, ModuleBuilder } from '../asm/module.ts'
import { field, stepFields } from '../step-layout.ts'
import { exp, horizontalAdd } from './vector-math.ts'
import { emitChunks } from './work.ts'

export const routeFields = stepFields(
  'logits', // f32 [T][E]
  'output', // f32 [T][2 k]: numbers of the experts, then weights
  'rows', // address of T
  'experts', // E
  'k',
  'scale',
)

const tokensPerChunk = 8

export function emitRoute(module: ModuleBuilder, renormalise: boolean): FunctionBuilder {
  return module.function(`route${renormalise ? ':renormalise' : ''}`, ['ptr', 'i32', 'i32'], undefined, (f) => {
    const step = f.parameter(0, 'ptr')
    const experts = f.local('i32', field.integer(step, routeFields.experts))
    const k = f.local('i32', field.integer(step, routeFields.k))
    const expert = f.local('i32')
    const rank = f.local('i32')
    const highest = f.local('f32')
    const total = f.local('f32')

    emitChunks(f, step, field.dynamic(step, routeFields.rows), tokensPerChunk, (token) => {
      const logits = f.local('ptr', at(field.address(step, routeFields.logits), i32.mul(token, experts), 4))
      const chosen = f.local('ptr', at(field.address(step, routeFields.output), i32.mul(token, k), 8))
      const weights = f.local('ptr', at(chosen, k, 4))
      const logit = () => f32.load(at(logits, expert, 4))
      const share = (value: F32): F32 =>
        f32x4.extractLane(exp(f, f.local('v128', f32x4.splat(f32.sub(value, highest)))), 0)

      f.set(highest, f32.const(-Infinity))
      f.for(expert, i32.const(0), experts, 1, () => f.set(highest, f32.max(highest, logit())))
      f.set(total, renormalise ? f32.const(0) : sumOfShares(f, logits, experts, expert, highest))

      const last = f.local('f32', f32.const(Infinity))
      const lastExpert = f.local('i32', i32.const(-1))
      const best = f.local('f32')
      const bestExpert = f.local('i32')
      f.for(rank, i32.const(0), k, 1, () => {
        f.set(best, f32.const(-Infinity))
        f.set(bestExpert, i32.const(-1))
        f.for(expert, i32.const(0), experts, 1, () => {
          const value = f.local('f32', logit())
          const after = i32.and(f32.eq(value, last), i32.ltS(lastExpert, expert))
          const candidate = i32.or(f32.lt(value, last), after)
          const first = i32.ltS(bestExpert, i32.const(0))
          f.if(i32.and(candidate, i32.or(f32.gt(value, best), first)), () => {
            f.set(best, value)
            f.set(bestExpert, expert)
          })
        })
        f.set(last, best)
        f.set(lastExpert, bestExpert)
        f.do(f32.store(at(chosen, rank, 4), f32.fromI32(bestExpert)))
        const weight = f.local('f32', share(best))
        f.do(f32.store(at(weights, rank, 4), weight))
        if (renormalise) f.set(total, f32.add(total, weight))
      })
      f.for(rank, i32.const(0), k, 1, () => {
        const place = at(weights, rank, 4)
        f.do(f32.store(place, f32.mul(f32.div(f32.load(place), total), field.float(step, routeFields.scale))))
      })
    })
  })
}

/** Sum of e^(logit - highest), four at a time; lanes behind the last expert count nothing. */
function sumOfShares(
  f: FunctionBuilder,
  logits: Local<'ptr'>,
  experts: Local<'i32'>,
  expert: Local<'i32'>,
  highest: Local<'f32'>,
): F32 {
  const sum = f.local('v128', f32x4.splatConst(0))
  f.for(expert, i32.const(0), experts, 4, () => {
    const shares = exp(f, f.local('v128', f32x4.sub(v128.load(at(logits, expert, 4)), f32x4.splat(highest))))
    const present = i32x4.ltS(i32x4.constant(0, 1, 2, 3), i32x4.splat(i32.sub(experts, expert)))
    f.set(sum, f32x4.add(sum, v128.and(shares, present)))
  })
  return horizontalAdd(f, sum)
}
