/** Records as a table: a column for each value that any of them has, nested ones by their way. */

export interface SourcedRecord {
  readonly value: unknown
  readonly spans: readonly {
    /** `address.city`, `tags.0`; empty for a record that is one value. */
    readonly path: string
    readonly span?: { readonly start: number; readonly end: number } | undefined
    /** Stands nowhere in the text. */
    readonly inferred: boolean
  }[]
}

export interface Cell {
  readonly text: string
  readonly span: { readonly start: number; readonly end: number } | undefined
  readonly inferred: boolean
}

export interface RecordTable {
  readonly columns: readonly string[]
  /** A cell is undefined where the record has no such value. */
  readonly rows: readonly (readonly (Cell | undefined)[])[]
}

export function recordTable(records: readonly SourcedRecord[]): RecordTable {
  const leaves = records.map(({ value }) => new Map(leavesOf(value, '')))
  const columns = [...new Set(leaves.flatMap((own) => [...own.keys()]))]
  const rows = records.map(({ spans }, index) => {
    const bySpan = new Map(spans.map((one) => [one.path, one]))
    return columns.map((path) => {
      const text = leaves[index]?.get(path)
      if (text === undefined) return undefined
      const { span, inferred = false } = bySpan.get(path) ?? {}
      return { text, span, inferred }
    })
  })
  return { columns, rows }
}

/** Tabs between values and a line for each record, for spreadsheets. */
export function tableText({ columns, rows }: RecordTable): string {
  const plain = (text: string): string => text.replaceAll(/[\t\n\r]+/g, ' ')
  const lines = rows.map((cells) => cells.map((cell) => plain(cell?.text ?? '')).join('\t'))
  return [columns.map(plain).join('\t'), ...lines].join('\n')
}

function leavesOf(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (value === null || value === undefined) return []
  if (typeof value !== 'object') return [[path, String(value)]]
  return Object.entries(value).flatMap(([name, part]) => leavesOf(part, path === '' ? name : `${path}.${name}`))
}
