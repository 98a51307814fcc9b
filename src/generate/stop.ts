/** Stop strings that may lie across token borders: text is held back while it could still be the start of one. */

export interface StopMatcher {
  /** Takes more text; answers what can be shown now and whether a stop string was completed (it is never shown). */
  readonly push: (text: string) => { readonly text: string; readonly stopped: boolean }
  /** The stop string that was completed. */
  readonly matched: () => string | undefined
  /** What is still held back when generation ends without a stop string. */
  readonly flush: () => string
}

export function createStopMatcher(stops: readonly string[]): StopMatcher {
  const wanted = stops.filter((stop) => stop.length > 0)
  let held = ''
  let matched: string | undefined
  return {
    matched: () => matched,
    push: (text) => {
      held += text
      let first = -1
      for (const stop of wanted) {
        const at = held.indexOf(stop)
        if (at < 0 || (first >= 0 && at >= first)) continue
        first = at
        matched = stop
      }
      if (first >= 0) {
        const shown = held.slice(0, first)
        held = ''
        return { text: shown, stopped: true }
      }
      const shownLength = held.length - longestStart(held, wanted)
      const shown = held.slice(0, shownLength)
      held = held.slice(shownLength)
      return { text: shown, stopped: false }
    },
    flush: () => {
      const rest = held
      held = ''
      return rest
    },
  }
}

/** Length of the longest end of `text` that some stop string starts with. */
function longestStart(text: string, stops: readonly string[]): number {
  let longest = 0
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
      if (stop.startsWith(text.slice(text.length - length))) {
        longest = length
        break
      }
    }
  }
  return longest
}
