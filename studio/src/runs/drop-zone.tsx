/** Takes files that are dropped on it, or chosen with a button. */
import { type DragEvent, type ReactNode, useId, useState } from 'react'
import { Icon } from '../ui/icons.tsx'
import type { Passage } from './form-fields.ts'
import { readTextFile } from './read-file.ts'

interface DropZoneProps {
  /** Several files at once. */
  readonly many: boolean
  readonly label: string
  readonly onTexts: (passages: readonly Passage[]) => void
  readonly children: ReactNode
  /** Beside the button. */
  readonly facts?: ReactNode
}

export function DropZone({ many, label, onTexts, children, facts }: DropZoneProps) {
  const [over, setOver] = useState(false)
  const [problem, setProblem] = useState<string>()
  const id = useId()
  const take = async (files: readonly File[]) => {
    const read = await Promise.all((many ? files : files.slice(0, 1)).map(readTextFile))
    setProblem(read.find((one) => 'problem' in one)?.problem)
    const passages = read.flatMap((one) => ('passage' in one ? [one.passage] : []))
    if (passages.length > 0) onTexts(passages)
  }
  const drop = (event: DragEvent) => {
    setOver(false)
    const files = [...event.dataTransfer.files]
    if (files.length === 0) return
    event.preventDefault()
    void take(files)
  }
  return (
    <div
      className="drop-zone"
      data-over={over}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      {children}
      <div className="drop-zone-foot">
        <label htmlFor={id} className="button button-quiet button-small drop-zone-choose">
          <Icon name="upload" size={15} /> {many ? 'Files' : 'File'}
          <span className="visually-hidden"> for {label}</span>
        </label>
        <input
          id={id}
          className="visually-hidden"
          type="file"
          multiple={many}
          onChange={({ target }) => {
            void take([...(target.files ?? [])])
            target.value = ''
          }}
        />
        <span className="drop-zone-hint">or drop {many ? 'them' : 'it'} here</span>
        <span className="drop-zone-facts">{facts}</span>
      </div>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  )
}
