/**
 * An expectation of how a text goes on, byte by byte, beside the grammar that holds it: the grammar is the law, this is a wish. Models that
 * were not trained on calls lose their way between two values that they could copy; what departs from the expectation needs better reasons.
 */

/** A place in a text. Places never change. */
export interface ExpectedPlace {
  /** What a departure from here costs, in nats; 0 where nothing is expected. */
  readonly weight: number
  /** Where a text that is being copied stands in its source: of each of these a tokenizer would write the longest part that it knows. */
  readonly copies?: readonly number[]
  /** Where a byte leads. Undefined for one that no text of the notation has here. */
  readonly step: (byte: number) => ExpectedStep | undefined
}

export interface ExpectedStep {
  readonly place: ExpectedPlace
  readonly expected: boolean
}

/**
 * How much oftener wrong values depart than right ones, as a logarithm, and some more: measured on every second line of a development set
 * (docs/experiments.md).
 */
export const weights = { number: 5, text: 4, choice: 5, list: 4, key: 3 } as const

export const characterOf = (byte: number): string => String.fromCharCode(byte)

/** A text with one character per byte of its UTF-8, as places read it. */
export function bytesText(text: string): string {
  return Array.from(new TextEncoder().encode(text), characterOf).join('')
}

/** Small letters of ASCII alone: other characters are several bytes. */
export function smallLetters(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}
