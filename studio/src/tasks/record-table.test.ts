import { expect, it } from 'vitest'
import { recordTable, tableText } from './record-table.ts'

const span = { start: 0, end: 3 }

it('has a column for every value that any record has, and the place of each', () => {
  const table = recordTable([
    {
      value: { name: 'Ada', address: { city: 'Turin' }, age: null },
      spans: [
        { path: 'name', span, inferred: false },
        { path: 'address.city', inferred: true },
      ],
    },
    { value: { name: 'Bo\tb', tags: ['x', 'y'] }, spans: [] },
  ])
  expect(table.columns).toEqual(['name', 'address.city', 'tags.0', 'tags.1'])
  expect(table.rows[0]).toEqual([
    { text: 'Ada', span, inferred: false },
    { text: 'Turin', span: undefined, inferred: true },
    undefined,
    undefined,
  ])
  expect(tableText(table)).toBe('name\taddress.city\ttags.0\ttags.1\nAda\tTurin\t\t\nBo b\t\tx\ty')
})

it('of no records is empty', () => expect(recordTable([])).toEqual({ columns: [], rows: [] }))
