/** Writes small zip archives for tests; checksums are left 0, which Ostro does not read (RECORD and the catalogue have sha256). */
import { deflateRawSync } from 'node:zlib'

export interface ZipInput {
  readonly path: string
  readonly bytes: Uint8Array
  readonly stored?: boolean
  /** Compression method to claim. */
  readonly method?: number
}

export function writeZip(inputs: readonly ZipInput[], comment = ''): Buffer {
  const pieces: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const input of inputs) {
    const data = input.stored ? Buffer.from(input.bytes) : deflateRawSync(input.bytes)
    const name = Buffer.from(input.path)
    const method = input.method ?? (input.stored ? 0 : 8)
    // The local header has an extra field that the directory has not: its length must be read from here.
    const extra = Buffer.from([0x55, 0x54, 3, 0, 1, 2, 3])
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(method, 8)
    local.writeUInt32LE(data.length, 18)
    local.writeUInt32LE(input.bytes.length, 22)
    local.writeUInt16LE(name.length, 26)
    local.writeUInt16LE(extra.length, 28)
    const central = Buffer.alloc(46)
    central.writeUInt32LE(0x02014b50, 0)
    central.writeUInt16LE(method, 10)
    central.writeUInt32LE(data.length, 20)
    central.writeUInt32LE(input.bytes.length, 24)
    central.writeUInt16LE(name.length, 28)
    central.writeUInt32LE(offset, 42)
    directory.push(central, name)
    pieces.push(local, name, extra, data)
    offset += local.length + name.length + extra.length + data.length
  }
  const directoryBytes = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(inputs.length, 8)
  end.writeUInt16LE(inputs.length, 10)
  end.writeUInt32LE(directoryBytes.length, 12)
  end.writeUInt32LE(offset, 16)
  end.writeUInt16LE(comment.length, 20)
  return Buffer.concat([...pieces, directoryBytes, end, Buffer.from(comment)])
}
