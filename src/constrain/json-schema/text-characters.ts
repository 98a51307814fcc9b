/** Characters of JSON strings: those that are written as escapes, and samples that stand for the others. */

/** No character that is written as it is in a JSON string. */
export const jsonExits: ReadonlySet<number> = new Set([...Array.from({ length: 32 }, (_, code) => code), 0x22, 0x5c])

/** Characters tried to find an end, readable ones first. */
export const samples = readableSamples()

const joinedExits = new WeakMap<ReadonlySet<number>, ReadonlySet<number>>()

export function withJsonExits(exits: ReadonlySet<number>): ReadonlySet<number> {
  let joined = joinedExits.get(exits)
  if (joined === undefined) joinedExits.set(exits, (joined = new Set([...jsonExits, ...exits])))
  return joined
}

function readableSamples(): readonly number[] {
  const printable = Array.from({ length: 95 }, (_, index) => 0x20 + index)
  const readable = printable.filter((code) => /[a-z0-9]/i.test(String.fromCodePoint(code)))
  const rest = printable.filter((code) => !readable.includes(code))
  return [...readable, ...rest, 0x09, 0x0a, 0x0d, 0xe9, 0x4e2d, 0x1f600]
}
