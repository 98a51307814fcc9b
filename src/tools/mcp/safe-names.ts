/** Names of foreign tools as function names: other servers allow dots, slashes and more length than models' formats do. */

const mostCharacters = 64

/**
 * A name of `a-z A-Z 0-9 _ -` for each name, in the same order. Different names stay different: one that had to be changed or cut and
 * would clash gets a number. Which name stands for which is the order's.
 */
export function safeNames(names: readonly string[], prefix = ''): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    const plain = `${prefix}${name}`.replaceAll(/[^a-zA-Z0-9_-]/g, '_')
    for (let count = 1; ; count++) {
      const suffix = count === 1 ? '' : `_${count}`
      const candidate = plain.slice(0, mostCharacters - suffix.length) + suffix
      if (taken.has(candidate)) continue
      taken.add(candidate)
      return candidate
    }
  })
}
