import { expect, it } from 'vitest'
import { completeItems } from './complete-items.ts'

it('gives every item once what ends it is written, wherever the text is cut', () => {
  const items = [{ a: '],"\\', b: [1, { c: '}' }] }, 'x, "y"', -2.5e3, null, [], {}]
  const json = JSON.stringify({ records: items }, undefined, 1)
  let known = 0
  for (let end = 0; end <= json.length; end++) {
    const found = completeItems(json.slice(0, end))
    expect(found).toEqual(items.slice(0, found.length))
    expect(found.length).toBeGreaterThanOrEqual(known)
    known = found.length
  }
  expect(known).toBe(items.length)
})

it('finds none where there is no list', () => {
  expect(completeItems('{"records": ')).toEqual([])
  expect(completeItems('[]')).toEqual([])
})
