/** A trie over UTF-16 code units in typed arrays: longest match of many fixed strings, for special tokens and unigram vocabularies. */

export interface Trie {
  add(text: string, value: number): void
  /** Node reached from `node` by `unit`, or -1. The root is 0. */
  step(node: number, unit: number): number
  /** Value of the string that ends at `node`, or -1. */
  value(node: number): number
}

export function createTrie(): Trie {
  let values = new Int32Array(256).fill(-1)
  let nodes = 1
  let capacity = 1024
  let keys = new Float64Array(capacity).fill(-1)
  let children = new Int32Array(capacity)
  let edges = 0

  function slot(node: number, unit: number): number {
    const key = node * 65536 + unit
    const mask = capacity - 1
    let hash = Math.imul(node, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca77)
    hash ^= hash >>> 15
    let at = hash & mask
    while (keys[at] !== -1 && keys[at] !== key) at = (at + 1) & mask
    return at
  }

  function growEdges(): void {
    const [oldKeys, oldChildren] = [keys, children]
    capacity *= 2
    keys = new Float64Array(capacity).fill(-1)
    children = new Int32Array(capacity)
    for (let i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] === -1) continue
      const at = slot(Math.floor(oldKeys[i] / 65536), oldKeys[i] % 65536)
      keys[at] = oldKeys[i]
      children[at] = oldChildren[i]
    }
  }

  function child(node: number, unit: number): number {
    const at = slot(node, unit)
    if (keys[at] !== -1) return children[at]
    if (edges * 2 >= capacity) {
      growEdges()
      return child(node, unit)
    }
    edges++
    if (nodes === values.length) {
      const old = values
      values = new Int32Array(nodes * 2).fill(-1)
      values.set(old)
    }
    keys[at] = node * 65536 + unit
    children[at] = nodes
    return nodes++
  }

  return {
    add(text, value) {
      let node = 0
      for (let i = 0; i < text.length; i++) node = child(node, text.charCodeAt(i))
      values[node] = value
    },
    step(node, unit) {
      const at = slot(node, unit)
      return keys[at] === -1 ? -1 : children[at]
    },
    value: (node) => values[node],
  }
}
