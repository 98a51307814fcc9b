import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createStopMatcher } from './stop.ts'

it('shows the text before the earliest stop string, however the text is cut', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30 })
  const stop = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(letters, fc.array(stop, { maxLength: 3 }), fc.array(fc.nat(5)), (text, stops, sizes) => {
      const matcher = createStopMatcher(stops)
      let shown = ''
      let stopped = false
      let at = 0
      for (let piece = 0; at < text.length && !stopped; piece++) {
        const size = sizes.length === 0 ? 1 : sizes[piece % sizes.length] + 1
        const result = matcher.push(text.slice(at, at + size))
        shown += result.text
        stopped = result.stopped
        at += size
      }
      if (!stopped) shown += matcher.flush()
      // Whatever was shown never holds a stop string, and is all text up to one.
      for (const one of stops) expect(shown.includes(one)).toBe(false)
      expect(text.startsWith(shown)).toBe(true)
      if (stopped) expect(text.slice(shown.length).startsWith(matcher.matched() ?? 'none')).toBe(true)
      else expect(shown).toBe(text)
    }),
  )
})
