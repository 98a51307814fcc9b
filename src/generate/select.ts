/** Reading a row of logits: the greatest one, the k greatest ones in order, the log of the sum of exponentials. */

/**
 * Index of the greatest value; the first one of equals. Not-a-number never wins. Eight at a time: a block seldom holds a new
 * greatest value, and a body of this size is not inlined into callers that V8 optimises less.
 */
export function argmax(values: Float32Array): number {
  const blocks = values.length - (values.length % 8)
  let best = 0
  let greatest = -Infinity
  for (let start = 0; start < blocks; start += 8) {
    if (
      values[start] > greatest ||
      values[start + 1] > greatest ||
      values[start + 2] > greatest ||
      values[start + 3] > greatest ||
      values[start + 4] > greatest ||
      values[start + 5] > greatest ||
      values[start + 6] > greatest ||
      values[start + 7] > greatest
    ) {
      for (let index = start; index < start + 8; index++) {
        if (!(values[index] > greatest)) continue
        greatest = values[index]
        best = index
      }
    }
  }
  for (let index = blocks; index < values.length; index++) {
    if (!(values[index] > greatest)) continue
    greatest = values[index]
    best = index
  }
  return best
}

/** log(sum(exp(values))) in double precision, safe for any range. */
export function logSumExp(values: Float32Array): number {
  let greatest = -Infinity
  for (let index = 0; index < values.length; index++) if (values[index] > greatest) greatest = values[index]
  if (greatest === -Infinity || greatest === Infinity) return greatest
  let sum = 0
  for (let index = 0; index < values.length; index++) sum += Math.exp(values[index] - greatest)
  return greatest + Math.log(sum)
}

/**
 * Indices of the `count` greatest of the first `length` values, greatest first, equals by index. Keeps a heap of `count`
 * entries, whose root is the worst one kept, so nearly every value costs one comparison.
 */
export function greatestIndices(
  values: Float32Array | Float64Array,
  count: number,
  length = values.length,
): Int32Array {
  const size = Math.min(count, length)
  const heap = new Int32Array(size)
  if (size === 0) return heap
  const worse = (a: number, b: number): boolean => values[a] < values[b] || (values[a] === values[b] && a > b)

  const sink = (start: number, end: number): void => {
    let parent = start
    const moved = heap[parent]
    for (let child = 2 * parent + 1; child < end; child = 2 * parent + 1) {
      if (child + 1 < end && worse(heap[child + 1], heap[child])) child++
      if (!worse(heap[child], moved)) break
      heap[parent] = heap[child]
      parent = child
    }
    heap[parent] = moved
  }

  for (let index = 0; index < size; index++) heap[index] = index
  for (let parent = (size >> 1) - 1; parent >= 0; parent--) sink(parent, size)
  let threshold = values[heap[0]]
  for (let index = size; index < length; index++) {
    // A later index loses against an equal value, so only a greater one enters.
    if (values[index] > threshold) {
      heap[0] = index
      sink(0, size)
      threshold = values[heap[0]]
    }
  }
  // Taking the worst out again and again leaves the heap in falling order.
  for (let end = size - 1; end > 0; end--) {
    const worst = heap[0]
    heap[0] = heap[end]
    heap[end] = worst
    sink(0, end)
  }
  return heap
}
