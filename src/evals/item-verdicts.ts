/** Verdicts of a report's items: exactly one each, or there is no report. */
import { OstroError } from '../util/error.ts'

/**
 * 1 for each item that was solved, else 0, in the order of the items.
 * @throws OstroError `invalid-argument` for an item without a verdict, with two, or for a verdict on none of the items
 */
export function scoresOfItems(
  items: readonly string[],
  verdicts: readonly { readonly item: string; readonly passed: boolean }[],
): number[] {
  const known = new Map<string, boolean>()
  for (const { item, passed } of verdicts) {
    if (known.has(item)) throw wrong(`one verdict on ${item} expected, got two`)
    known.set(item, passed)
  }
  const scores = items.map((item) => {
    const passed = known.get(item)
    if (passed === undefined) throw wrong(`a verdict on ${item} expected, got none`)
    return passed ? 1 : 0
  })
  if (known.size > new Set(items).size) throw wrong(`verdicts on ${items.length} items expected, got ${known.size}`)
  return scores
}

function wrong(what: string): OstroError {
  return new OstroError('invalid-argument', `report: ${what}. A share over fewer items than were run says nothing.`)
}
