/** Seeded choices, of which the generated sets are made: the same seed gives the same texts on every machine. */
import { createRandom } from '../../util/random.ts'

export interface Chooser {
  readonly pick: <T>(from: readonly T[]) => T
  /** As many different ones as asked for, in random order. */
  readonly sample: <T>(from: readonly T[], count: number) => T[]
  /** A whole number, both ends included. */
  readonly whole: (least: number, most: number) => number
}

export function createChooser(seed: number): Chooser {
  const { float } = createRandom(seed)
  const whole = (least: number, most: number): number => least + Math.floor(float() * (most - least + 1))
  return {
    whole,
    pick: (from) => from[whole(0, from.length - 1)],
    sample: (from, count) => {
      const rest = [...from]
      return Array.from({ length: Math.min(count, rest.length) }, () => rest.splice(whole(0, rest.length - 1), 1)[0])
    },
  }
}

/** Puts values in the place of their names in braces. */
export function fill(template: string, values: Readonly<Record<string, unknown>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name]))
}
