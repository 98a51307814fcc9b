/** The scalar functions that activations and gates apply, in double precision. */

/** By the name that the ops `activation` and `glu` take. */
export const scalarFunctions = {
  silu: (x: number) => x / (1 + Math.exp(-x)),
  'gelu-tanh': (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  'gelu-erf': (x: number) => 0.5 * x * complementaryErf(-x / Math.SQRT2),
  relu: (x: number) => Math.max(0, x),
  sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  exp: Math.exp,
  // The identity above 20, as torch has it: there log(1 + e^x) differs from x by less than a float32 can tell.
  softplus: (x: number) => (x > 20 ? x : Math.log1p(Math.exp(x))),
} as const satisfies Readonly<Record<string, (x: number) => number>>

export type ScalarFunctionName = keyof typeof scalarFunctions

/** erfc(x) = 1 - erf(x), to about 1e-15 relative: the series below 2, Lentz's continued fraction above (Numerical Recipes, 6.2). */
function complementaryErf(x: number): number {
  if (x < 0) return 2 - complementaryErf(-x)
  return x < 2 ? 1 - erfSeries(x) : erfcFraction(x)
}

function erfSeries(x: number): number {
  let term = x
  let sum = x
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (-x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

function erfcFraction(x: number): number {
  if (x > 27) return 0
  let fraction = 0
  for (let n = 60; n >= 1; n--) fraction = n / 2 / (x + fraction)
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction)
}
