/** Byte-level encoding of the WebAssembly binary format (https://webassembly.github.io/spec/core/binary/). */

/** A growing byte buffer with the encodings that the format is made of. */
export class ByteWriter {
  #bytes = new Uint8Array(1024)
  #length = 0

  get length(): number {
    return this.#length
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1)
    this.#bytes[this.#length++] = value
  }

  bytes(values: ArrayLike<number>): void {
    if (this.#length + values.length > this.#bytes.length) this.#grow(values.length)
    this.#bytes.set(values, this.#length)
    this.#length += values.length
  }

  /** Unsigned LEB128 of a non-negative safe integer. */
  unsigned(value: number): void {
    let rest = value
    while (rest >= 128) {
      this.byte((rest % 128) | 128)
      rest = Math.floor(rest / 128)
    }
    this.byte(rest)
  }

  /** Signed LEB128. */
  signed(value: bigint): void {
    let rest = value
    for (;;) {
      const low = Number(rest & 127n)
      rest >>= 7n
      const done = (rest === 0n && (low & 64) === 0) || (rest === -1n && (low & 64) !== 0)
      this.byte(done ? low : low | 128)
      if (done) return
    }
  }

  f32(value: number): void {
    this.bytes(new Uint8Array(new Float32Array([value]).buffer))
  }

  name(text: string): void {
    const utf8 = new TextEncoder().encode(text)
    this.unsigned(utf8.length)
    this.bytes(utf8)
  }

  /** Writes a length-prefixed group, as sections and function bodies are. */
  sized(write: (inner: ByteWriter) => void): void {
    const inner = new ByteWriter()
    write(inner)
    this.unsigned(inner.length)
    this.bytes(inner.take())
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length)
  }

  #grow(least: number): void {
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + least))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}
