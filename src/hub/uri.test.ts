import { describe, expect, test } from 'vitest'
import { fileNameOf, isRemoteUri, parseUri, shardPaths } from './uri.ts'

describe('parseUri', () => {
  test.each([
    ['hf:a/b/c.gguf', { scheme: 'hf', owner: 'a', repository: 'b', revision: undefined, path: 'c.gguf' }],
    ['hf:a/b@v1.0/x/c.gguf', { scheme: 'hf', owner: 'a', repository: 'b', revision: 'v1.0', path: 'x/c.gguf' }],
    ['ms:a/b-c/d.gguf', { scheme: 'ms', owner: 'a', repository: 'b-c', revision: undefined, path: 'd.gguf' }],
    ['https://host/x/y.gguf?download=1', { scheme: 'https', url: 'https://host/x/y.gguf?download=1' }],
    ['pypi:p==1.0/m/x.gguf', { scheme: 'pypi', members: [{ package: 'p', version: '1.0', path: 'm/x.gguf' }] }],
    ['pypi:p==1.0+cpu/m/', { scheme: 'pypi', members: [{ package: 'p', version: '1.0+cpu', path: 'm/' }] }],
    ['./x.gguf', { scheme: 'local', path: './x.gguf' }],
    ['file:///tmp/x.gguf', { scheme: 'local', path: '/tmp/x.gguf' }],
  ])('%s', (text, expected) => expect(parseUri(text)).toEqual(expected))

  test('joins parts in several packages, with and without the scheme repeated', () => {
    const members = [
      { package: 'a-1', version: '1.0', path: 'd/x+y.part00' },
      { package: 'a-2', version: '1.0', path: 'd/x+y.part01' },
    ]
    const short = 'pypi:a-1==1.0/d/x+y.part00+a-2==1.0/d/x+y.part01'
    expect(parseUri(short)).toEqual({ scheme: 'pypi', members })
    expect(parseUri(short.replace('+a-2', '+pypi:a-2'))).toEqual({ scheme: 'pypi', members })
    expect(fileNameOf(parseUri('pypi:a==1/x.gguf.part00+b==1/x.gguf.part01'))).toBe('x.gguf')
  })

  test.each([
    'hf:a/b',
    'hf:a',
    'hf:a/b/',
    'ms:a/b/../c',
    'hf:a/b/x//y',
    'pypi:a/b',
    'pypi:a==1',
    'https://host/',
    'hf:a/b/c\\d',
    'pypi:a==1/x/+b==1/y',
  ])('refuses %s', (text) =>
    expect(() => parseUri(text)).toThrow(expect.objectContaining({ code: 'invalid-argument' })),
  )

  test('tells remote from local', () => {
    expect(['hf:a/b/c', 'https://x/y', 'pypi:a==1/b'].every(isRemoteUri)).toBe(true)
    expect(['smollm2:135m', '/a/b', 'C:\\x'].some(isRemoteUri)).toBe(false)
  })
})

test('a first shard stands for all', () => {
  expect(shardPaths('m-00001-of-00003.gguf')).toEqual([
    'm-00001-of-00003.gguf',
    'm-00002-of-00003.gguf',
    'm-00003-of-00003.gguf',
  ])
  expect(shardPaths('m.gguf')).toEqual(['m.gguf'])
})
