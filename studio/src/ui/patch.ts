/**
 * Brings the children of an element to the state of others with as few changes as possible: what stays the same keeps its
 * selection, scroll position and focus while a text grows.
 */
export function patchChildren(target: Node, wanted: Node): void {
  let have = target.firstChild
  let want = wanted.firstChild
  while (want) {
    const nextWant = want.nextSibling
    if (have === null) target.appendChild(want)
    else {
      const nextHave: ChildNode | null = have.nextSibling
      patchNode(have, want)
      have = nextHave
    }
    want = nextWant
  }
  while (have) {
    const next: ChildNode | null = have.nextSibling
    have.remove()
    have = next
  }
}

function patchNode(have: ChildNode, want: ChildNode): void {
  if (have.nodeType === Node.TEXT_NODE && want.nodeType === Node.TEXT_NODE) {
    if (have.nodeValue !== want.nodeValue) have.nodeValue = want.nodeValue
    return
  }
  if (
    have instanceof Element &&
    want instanceof Element &&
    have.tagName === want.tagName &&
    sameAttributes(have, want)
  ) {
    patchChildren(have, want)
    return
  }
  have.replaceWith(want)
}

function sameAttributes(a: Element, b: Element): boolean {
  if (a.attributes.length !== b.attributes.length) return false
  return [...b.attributes].every(({ name, value }) => a.getAttribute(name) === value)
}
