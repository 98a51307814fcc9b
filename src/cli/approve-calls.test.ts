import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { approveCalls } from './approve-calls.ts'

const call = (id: number) => ({ name: 'remove', arguments: `{"id":${id}}` })

it('asks about one call after the other, with exactly its arguments, and takes only yes for yes', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()]
  const approve = approveCalls({ input, output }, new AbortController().signal)
  const answers = Promise.all([approve(call(1)), approve(call(2)), approve(call(3))])
  for (const line of ['y', 'no', '']) {
    await new Promise((resolve) => output.once('data', resolve))
    input.write(`${line}\n`)
  }
  const denied = { denied: 'the user said no' }
  expect(await answers).toEqual([true, denied, denied])
})

it('shows no control characters', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()]
  const approve = approveCalls({ input, output }, new AbortController().signal)
  input.write('y\n')
  await approve({ name: 'run', arguments: '{"a":"\u001b[2K\u202e"}' })
  output.end()
  expect(await text(output)).toBe('Run run {"a":"\ufffd[2K\ufffd"}? [y/N] ')
})

it('denies what is still asked when the run is stopped', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()]
  const stop = new AbortController()
  const asked = approveCalls({ input, output }, stop.signal)(call(1))
  await new Promise((resolve) => output.once('data', resolve))
  stop.abort()
  expect(await asked).toEqual({ denied: 'the run was stopped' })
})
