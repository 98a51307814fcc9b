/** Records out of a text as a table; a value shows the place of the text that it comes from. */
import { useMemo, useState } from 'react'
import { ResultPart } from '../runs/result-part.tsx'
import { labelOf } from '../runs/form-fields.ts'
import { MarkedSource } from './marked-source.tsx'
import { type Cell, recordTable, type SourcedRecord, tableText } from './record-table.ts'
import type { ResultProps } from './task-result.tsx'
import './records-result.css'

interface Extracted {
  readonly records: readonly SourcedRecord[]
}

export function RecordsResult({ output, input }: ResultProps<Extracted, { readonly text: string }>) {
  const { records } = output
  const table = useMemo(() => recordTable(records), [records])
  const [active, setActive] = useState<Cell>()
  const spans = useMemo(
    () => table.rows.flatMap((cells) => cells.flatMap((cell) => (cell?.span ? [cell.span] : []))),
    [table],
  )
  const place = active?.span === undefined ? undefined : spans.indexOf(active.span)
  if (records.length === 0) return <p className="run-text">The text tells of no such record.</p>
  return (
    <>
      <ResultPart title={records.length === 1 ? 'One record' : `${records.length} records`} copy={tableText(table)}>
        <div className="records-scroll scrolling" tabIndex={0} role="region" aria-label="Records">
          <table className="records">
            <thead>
              <tr>
                {table.columns.map((column) => (
                  <th key={column} scope="col">
                    {labelOf(column)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {table.rows.map((cells, row) => (
                <tr key={row}>
                  {cells.map((cell, column) => (
                    <td key={column}>{cell && <Value cell={cell} active={cell === active} onPoint={setActive} />}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </ResultPart>
      <ResultPart title="Source">
        <MarkedSource text={input.text} spans={spans} active={place} />
      </ResultPart>
    </>
  )
}

interface ValueProps {
  readonly cell: Cell
  readonly active: boolean
  readonly onPoint: (cell: Cell) => void
}

function Value({ cell, active, onPoint }: ValueProps) {
  if (cell.span === undefined) {
    return (
      <span className="record-inferred" title="Stands nowhere in the text: inferred">
        {cell.text}
        <span className="visually-hidden"> (inferred)</span>
      </span>
    )
  }
  return (
    <button
      type="button"
      className="record-value"
      aria-pressed={active}
      onMouseEnter={() => onPoint(cell)}
      onFocus={() => onPoint(cell)}
      onClick={() => onPoint(cell)}
    >
      {cell.text}
    </button>
  )
}
