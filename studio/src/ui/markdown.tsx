/** Text of a model as it grows: settled blocks stay, the last one is patched in place. */
import { memo, useLayoutEffect, useMemo, useRef, type MouseEvent } from 'react'
import { copyText } from './clipboard.ts'
import { markdownBlocks } from './markdown-html.ts'
import { closeOpenMarks } from './open-marks.ts'
import { patchChildren } from './patch.ts'
import './markdown.css'

export function Markdown({ text, streaming = false }: { readonly text: string; readonly streaming?: boolean }) {
  const blocks = useMemo(() => markdownBlocks(streaming ? closeOpenMarks(text) : text), [text, streaming])
  return (
    <div className={streaming ? 'markdown markdown-streaming' : 'markdown'} onClick={copyClickedCode}>
      {blocks.map((html, index) => (
        // A block keeps its place while the text grows at its end.
        <Block key={index} html={html} />
      ))}
    </div>
  )
}

const Block = memo(function Block({ html }: { readonly html: string }) {
  const element = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    if (!element.current) return
    const template = document.createElement('template')
    template.innerHTML = html
    patchChildren(element.current, template.content)
  }, [html])
  return <div ref={element} className="markdown-block" />
})

async function copyClickedCode({ target }: MouseEvent): Promise<void> {
  if (!(target instanceof HTMLButtonElement) || !('copy' in target.dataset)) return
  const code = target.closest('.code-block')?.querySelector('pre')?.textContent ?? ''
  const copied = await copyText(code)
  target.textContent = copied ? 'Copied' : 'Not allowed'
  setTimeout(() => (target.textContent = 'Copy'), 1600)
}
