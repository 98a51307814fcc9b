/** A tree search as it happens: on a terminal the tree is drawn again in its place, elsewhere once at the end. */
import { createTreeView } from '../agents/lats/draw-tree.ts'
import type { Output, Stream } from './output.ts'
import { runView, type RunView } from './run-view.ts'

const framesPerSecond = 10

export function treeRunView(output: Output, stream: Stream & { readonly rows?: number | undefined }): RunView {
  const tree = createTreeView()
  const lines = runView(output, stream)
  const live = stream.isTTY === true
  let open = 0
  let drawnLines = 0
  let drawnAt = -Infinity
  const erase = (): void => {
    if (drawnLines > 0) stream.write(`\u001b[${drawnLines}F\u001b[0J`)
    drawnLines = 0
  }
  const draw = (final: boolean): void => {
    const now = performance.now()
    if (!final && now - drawnAt < 1000 / framesPerSecond) return
    drawnAt = now
    // A frame that is higher than the screen could not be erased.
    const height = Math.max(5, (stream.rows ?? 40) - 6)
    const text = tree.draw({ width: output.columns, height: final ? 40 : height, colour: live })
    const status = final ? '' : `${output.dim(`${open} calls under way`)}\n`
    erase()
    stream.write(`${text}\n${status}`)
    drawnLines = final ? 0 : text.split('\n').length + 1
  }
  const show: RunView['show'] = (event) => {
    if (event.type === 'step-output') return
    tree.apply(event)
    if (event.type === 'call-start') open++
    else if (event.type === 'end') open--
    const said = event.type === 'reflection-add' || event.type === 'warning-add'
    if (said || event.type === 'run-end') erase()
    if (event.type === 'run-end') draw(true)
    if (said || event.type === 'run-end') lines.show(event)
    else if (live) draw(false)
  }
  return { show }
}
