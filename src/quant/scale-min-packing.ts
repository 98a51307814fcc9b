/**
 * The 12 bytes in which Q4_K and Q5_K keep eight 6-bit scales and eight 6-bit minimums: bytes 0..3 hold scales 0..3 and bytes 4..7
 * minimums 0..3 in their low six bits; bytes 8..11 hold the low nibbles of scale (low) and minimum (high) 4..7, whose upper two bits
 * sit on top of bytes 0..3 and 4..7.
 */

/** Scale of group 0..7 in the 12 bytes at `bytes[at]`. */
export function unpackScale(bytes: Uint8Array, at: number, group: number): number {
  return group < 4 ? bytes[at + group] & 63 : (bytes[at + 4 + group] & 15) | ((bytes[at + group - 4] >> 6) << 4)
}

/** Minimum of group 0..7 in the 12 bytes at `bytes[at]`. */
export function unpackMin(bytes: Uint8Array, at: number, group: number): number {
  return group < 4 ? bytes[at + 4 + group] & 63 : (bytes[at + 4 + group] >> 4) | ((bytes[at + group] >> 6) << 4)
}

/** Writes eight scales and minimums, each 0..63, into the 12 bytes at `bytes[at]`. */
export function packScalesAndMins(scales: Uint8Array, mins: Uint8Array, bytes: Uint8Array, at: number): void {
  for (let group = 0; group < 4; group++) {
    bytes[at + group] = scales[group] | ((scales[group + 4] >> 4) << 6)
    bytes[at + 4 + group] = mins[group] | ((mins[group + 4] >> 4) << 6)
    bytes[at + 8 + group] = (scales[group + 4] & 15) | ((mins[group + 4] & 15) << 4)
  }
}
