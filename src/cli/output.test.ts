import { expect, test } from 'vitest'
import { createOutput, formatBytes, formatTable } from './output.ts'

function record(isTTY: boolean) {
  const written: string[] = []
  return { written, stream: { isTTY, columns: 80, write: (text: string) => written.push(text) } }
}

function create(options: { json?: boolean; tty?: boolean; env?: NodeJS.ProcessEnv }) {
  const stdout = record(options.tty ?? false)
  const stderr = record(options.tty ?? false)
  const output = createOutput({
    json: options.json ?? false,
    env: options.env ?? {},
    stdout: stdout.stream,
    stderr: stderr.stream,
  })
  return { output, stdout: stdout.written, stderr: stderr.written }
}

test('--json prints one value per line and nothing else', () => {
  const { output, stdout, stderr } = create({ json: true, tty: true })
  output.print({ a: 1 }, 'text')
  output.note('note')
  output.progress('x').update(1, 2)
  expect(stdout).toEqual(['{"a":1}\n'])
  expect(stderr).toEqual([])
})

test('colours only on a terminal, and never with NO_COLOR', () => {
  expect(create({ tty: true }).output.bold('x')).toBe('\u001b[1mx\u001b[22m')
  expect(create({ tty: false }).output.bold('x')).toBe('x')
  expect(create({ tty: true, env: { NO_COLOR: '1' } }).output.bold('x')).toBe('x')
})

test('a bar on a terminal, fitting its width; lines elsewhere', () => {
  const terminal = create({ tty: true })
  const bar = terminal.output.progress('Pulling a model with a rather long name of its own')
  bar.update(50e6, 100e6)
  bar.update(100e6, 100e6)
  bar.end()
  // oxlint-disable-next-line no-control-regex
  const drawn = terminal.stderr.map((text) => text.replace(/\r|\u001b\[2K/g, ''))
  expect(drawn[0]).toMatch(/█.*░.* 50 %/)
  expect(Math.max(...drawn.map((text) => text.length))).toBeLessThan(80)

  const file = create({ tty: false })
  const lines = file.output.progress('Pulling m')
  for (let done = 0; done <= 100; done++) lines.update(done * 1e6, 100e6)
  expect(file.stderr).toHaveLength(11)
  expect(file.stderr[5]).toBe('Pulling m 50 % 50.0 MB of 100 MB\n')
})

test('sizes in decimal units', () => {
  expect([0, 999, 1000, 98_362_432, 253_113_024, 999_999, 2e12].map(formatBytes)).toEqual([
    '0 B', '999 B', '1.00 kB', '98.4 MB', '253 MB', '1.00 MB', '2.00 TB',
  ]) // prettier-ignore
})

test('tables align', () => {
  expect(
    formatTable([
      ['a', 'bb', ''],
      ['ccc', 'd', 'e'],
    ]),
  ).toBe('a    bb\nccc  d   e')
})
