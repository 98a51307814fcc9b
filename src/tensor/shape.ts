/** Shape rules that several ops share; every refusal names the op, what it expected and what it got. */
import { OstroError } from '../util/error.ts'
import type { Dim, Shape, Tensor } from './graph.ts'

/** @throws OstroError `invalid-argument` always. */
export function refuse(op: string, expected: string, got: string): never {
  throw new OstroError('invalid-argument', `${op}: expected ${expected}, got ${got}.`, { op, expected, got })
}

export function describeShape(shape: Shape): string {
  return `[${shape.join(', ')}]`
}

export function describeTensor(tensor: Tensor): string {
  return `${tensor.kind} '${tensor.name}' ${tensor.type} ${describeShape(tensor.shape)}`
}

export function describeTensors(tensors: readonly Tensor[]): string {
  return tensors.map(describeTensor).join(', ')
}

/** The inputs, when there are as many as the op takes and each is a tensor. */
export function takeInputs(op: string, inputs: readonly Tensor[], least: number, most = least): readonly Tensor[] {
  if (inputs.length >= least && inputs.length <= most) return inputs
  return refuse(op, least === most ? `${least} inputs` : `${least} to ${most} inputs`, `${inputs.length}`)
}

/** The innermost dimension, which no op takes as a symbol. */
export function lastDim(op: string, tensor: Tensor): number {
  const dim = tensor.shape.at(-1)
  return typeof dim === 'number' ? dim : refuse(op, 'a last dimension that is a number', describeTensor(tensor))
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, index) => dim === b[index])
}

/** A vector of `length` numbers, such as a bias or the weight of a norm. */
export function expectVector(op: string, tensor: Tensor, length: number): void {
  if (!sameShape(tensor.shape, [length])) refuse(op, `a vector [${length}]`, describeTensor(tensor))
}

export function expectType(op: string, tensor: Tensor, type: 'f32' | 'i32'): void {
  if (tensor.type !== type) refuse(op, `${type} values`, describeTensor(tensor))
}

/** An integer of at least `least`. */
export function expectInteger(op: string, name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    refuse(op, `an integer '${name}' of at least ${least}`, String(value))
}

/** Values of the symbols of a run. */
export interface SymbolValues {
  readonly T: number
  readonly R: number
}

function resolveDim(dim: Dim, symbols: SymbolValues): number {
  return typeof dim === 'number' ? dim : symbols[dim]
}

export function resolveShape(shape: Shape, symbols: SymbolValues): number[] {
  return shape.map((dim) => resolveDim(dim, symbols))
}

export function countElements(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1)
}
