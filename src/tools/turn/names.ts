/** The name of a call: one of the tools' names, byte by byte, and the marker after it. */
import { arrive, joinBytes, type Node, type Read, readMarker, type TurnState } from './state.ts'
import { bytesOf, marker, shortest, type Symbol } from './marker.ts'

interface NameTree {
  readonly children: Map<number, NameTree>
  /** The name that ends here. */
  name: string | undefined
  /** Bytes of the shortest rest of a name from here. */
  shortestRest: Uint8Array
}

/**
 * One of `names`, then `after`, which begins with no byte of a name; `then` says where each name leads and is asked only for
 * names that are written. Cost does not grow with what the tools are, only with the bytes of their names.
 */
export function nameChoice(
  names: readonly string[],
  after: readonly Symbol[],
  then: (name: string) => Node,
  read: (name: string) => Read,
): Node {
  const nodes = new WeakMap<NameTree, Node>()
  const ends = new Map<string, TurnState>()
  const endOf = (name: string): TurnState => {
    let end = ends.get(name)
    if (end === undefined) {
      end = arrive(
        marker(after.slice(1), () => then(name)),
        read(name),
      )
      ends.set(name, end)
    }
    return end
  }
  const follow = (tree: NameTree, symbol: Symbol): TurnState | undefined => {
    if (tree.name !== undefined && symbol === after[0]) return endOf(tree.name)
    const child = typeof symbol === 'number' ? tree.children.get(symbol) : undefined
    return child === undefined ? undefined : arrive(nodeOf(child), readMarker)
  }
  const nodeOf = (tree: NameTree): Node => {
    let node = nodes.get(tree)
    if (node !== undefined) return node
    node = {
      step: (byte) => follow(tree, byte),
      stepControl: (text) => follow(tree, text),
      controls: tree.name !== undefined && typeof after[0] === 'string' ? [after[0]] : [],
      canEnd: false,
      closing: () => {
        // Which function needs the fewest bytes depends on their arguments; the shortest name is near enough.
        const name = nearestName(tree)
        return name === undefined ? undefined : joinBytes(tree.shortestRest, bytesOf(after), then(name).closing())
      },
    }
    nodes.set(tree, node)
    return node
  }
  return nodeOf(buildTree(names))
}

function buildTree(names: readonly string[]): NameTree {
  const create = (): NameTree => ({ children: new Map(), name: undefined, shortestRest: new Uint8Array(0) })
  const root = create()
  for (const name of names) {
    let tree = root
    for (const byte of new TextEncoder().encode(name)) {
      let child = tree.children.get(byte)
      if (child === undefined) tree.children.set(byte, (child = create()))
      tree = child
    }
    tree.name = name
  }
  measure(root)
  return root
}

function measure(tree: NameTree): void {
  for (const child of tree.children.values()) measure(child)
  if (tree.name !== undefined) return
  const rests = [...tree.children].map(([byte, child]) => joinBytes(Uint8Array.of(byte), child.shortestRest))
  tree.shortestRest = shortest(rests) ?? new Uint8Array(0)
}

function nearestName(tree: NameTree): string | undefined {
  let at: NameTree | undefined = tree
  for (const byte of tree.shortestRest) at = at?.children.get(byte)
  return at?.name
}
