/**
 * Parses the header of a safetensors file: a small, strict subset of JSON. `JSON.parse` would do, but it drops duplicate names
 * silently, knows no byte offsets, and turns a hostile header into objects of fifty times its size.
 */
export interface HeaderEntry {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
  /** Of the entry in the header, in bytes. */
  readonly byteOffset: number
}

export interface SafetensorsHeader {
  readonly entries: ReadonlyMap<string, HeaderEntry>
  readonly metadata: ReadonlyMap<string, string>
}

/** Builds the error for a fault at a byte of the header; the subject is what was being read. */
export type HeaderFault = (subject: string, expected: string, byteOffset: number) => Error

const maxEntries = 65_536
const maxDimensions = 8

export function parseSafetensorsHeader(bytes: Uint8Array, fault: HeaderFault): SafetensorsHeader {
  const scanner = jsonScanner(bytes, fault)
  const entries = new Map<string, HeaderEntry>()
  let metadata: ReadonlyMap<string, string> | undefined
  scanner.object((name, byteOffset) => {
    if (name === '__metadata__') {
      if (metadata !== undefined) throw fault('key "__metadata__"', 'it once expected, got it twice', byteOffset)
      metadata = readTexts(scanner, fault)
      return
    }
    scanner.subject = `tensor ${JSON.stringify(name.slice(0, 80))}`
    if (entries.has(name)) throw fault(scanner.subject, 'each tensor once expected, got it twice', byteOffset)
    if (entries.size === maxEntries)
      throw fault(scanner.subject, `at most ${maxEntries} tensors expected, got more`, byteOffset)
    entries.set(name, readEntry(scanner, fault, name, byteOffset))
    scanner.subject = 'header'
  })
  scanner.end()
  return { entries, metadata: metadata ?? new Map() }
}

function readTexts(scanner: JsonScanner, fault: HeaderFault): Map<string, string> {
  const texts = new Map<string, string>()
  scanner.object((key, byteOffset) => {
    if (texts.size === maxEntries)
      throw fault('key "__metadata__"', `at most ${maxEntries} texts expected, got more`, byteOffset)
    texts.set(key, scanner.string())
  })
  return texts
}

function readEntry(scanner: JsonScanner, fault: HeaderFault, name: string, byteOffset: number): HeaderEntry {
  let dtype: string | undefined
  let shape: number[] | undefined
  let range: number[] | undefined
  scanner.object((field, at) => {
    if (field === 'dtype' && dtype === undefined) dtype = scanner.string()
    else if (field === 'shape' && shape === undefined) shape = scanner.numbers(maxDimensions)
    else if (field === 'data_offsets' && range === undefined) range = scanner.numbers(2)
    else throw fault(scanner.subject, `dtype, shape and data_offsets once expected, got "${field.slice(0, 40)}"`, at)
  })
  if (dtype === undefined || shape === undefined || range?.length !== 2) {
    throw fault(scanner.subject, 'dtype, shape and two data_offsets expected, got less', byteOffset)
  }
  return { name, dtype, shape, begin: range[0], end: range[1], byteOffset }
}

interface JsonScanner {
  subject: string
  /** Calls back after each `"key":`; the callback reads the value. */
  object(readValue: (key: string, byteOffset: number) => void): void
  string(): string
  /** An array of at most `most` safe integers >= 0. */
  numbers(most: number): number[]
  end(): void
}

const quote = 0x22
const backslash = 0x5c

function jsonScanner(bytes: Uint8Array, fault: HeaderFault): JsonScanner {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })
  let at = 0

  function peek(): number | undefined {
    while (at < bytes.length && (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09))
      at++
    return bytes[at]
  }

  function wrong(expected: string): Error {
    const byte = peek()
    const got =
      byte === undefined ? 'the end' : byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `byte ${byte}`
    return fault(scanner.subject, `${expected} expected, got ${got}`, at)
  }

  function accept(character: string): boolean {
    if (peek() !== character.charCodeAt(0)) return false
    at++
    return true
  }

  function expect(character: string): void {
    if (!accept(character)) throw wrong(`"${character}"`)
  }

  const scanner: JsonScanner = {
    subject: 'header',
    object(readValue) {
      expect('{')
      if (accept('}')) return
      do {
        peek()
        const byteOffset = at
        const key = scanner.string()
        expect(':')
        readValue(key, byteOffset)
      } while (accept(','))
      expect('}')
    },
    string() {
      if (peek() !== quote) throw wrong('a string')
      const start = at++
      while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1
      if (at >= bytes.length) throw fault(scanner.subject, 'a closing quote expected, got the end', start)
      at++
      try {
        // JSON.parse knows the escapes and refuses raw control characters.
        return String(JSON.parse(decoder.decode(bytes.subarray(start, at))))
      } catch (cause) {
        throw fault(scanner.subject, `a JSON string in UTF-8 expected, got neither (${(cause as Error).name})`, start)
      }
    },
    numbers(most) {
      const numbers: number[] = []
      expect('[')
      if (accept(']')) return numbers
      do {
        if (numbers.length === most) throw wrong(`at most ${most} numbers`)
        numbers.push(wholeNumber())
      } while (accept(','))
      expect(']')
      return numbers
    },
    end() {
      if (peek() !== undefined) throw wrong('the end of the header')
    },
  }

  function wholeNumber(): number {
    let byte = peek()
    const start = at
    let value = 0
    while (byte !== undefined && byte >= 0x30 && byte <= 0x39) {
      value = value * 10 + (byte - 0x30)
      if (value > Number.MAX_SAFE_INTEGER)
        throw fault(scanner.subject, 'a number below 2^53 expected, got a larger one', start)
      byte = bytes[++at]
    }
    if (at === start) throw wrong('a whole number')
    return value
  }

  return scanner
}
