/** What a command prints: text for people, one JSON value per line for programs; a progress bar on a terminal, lines elsewhere. */

export interface Stream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export interface OutputOptions {
  readonly json: boolean
  readonly env: NodeJS.ProcessEnv
  readonly stdout: Stream
  readonly stderr: Stream
}

export interface Output {
  readonly json: boolean
  /** The result: JSON of the value with --json, else the text. */
  readonly print: (value: unknown, text: string) => void
  /** A note for people on standard error; with --json nothing. */
  readonly note: (text: string) => void
  /** Progress of something that lasts. */
  readonly progress: (title: string) => Progress
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  /** Columns of the terminal; of COLUMNS, or 80, where it is none. */
  readonly columns: number
}

export interface Progress {
  readonly update: (doneBytes: number, totalBytes: number | undefined) => void
  /** Removes the bar, or prints the last line. */
  readonly end: () => void
}

export function createOutput({ json, env, stdout, stderr }: OutputOptions): Output {
  const colour = stdout.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  const style = (open: number, close: number) => (text: string) =>
    colour ? `\u001b[${open}m${text}\u001b[${close}m` : text
  return {
    json,
    print: (value, text) => void stdout.write(json ? `${JSON.stringify(value)}\n` : `${text}\n`),
    note: (text) => void (json || stderr.write(`${text}\n`)),
    progress: (title) => {
      if (json) return { update: () => undefined, end: () => undefined }
      return stderr.isTTY === true && env['TERM'] !== 'dumb' ? bar(title, stderr) : lines(title, stderr)
    },
    bold: style(1, 22),
    dim: style(2, 22),
    columns: stdout.columns ?? (Number(env['COLUMNS']) || 80),
  }
}

/** One line, drawn again at most 10 times a second. */
function bar(title: string, stream: Stream): Progress {
  const speed = speedometer()
  let drawnAt = -Infinity
  return {
    update: (done, total) => {
      const perSecond = speed(done)
      const now = performance.now()
      if (now - drawnAt < 100 && done !== total) return
      drawnAt = now
      const width = Math.max(10, Math.min(40, (stream.columns ?? 80) - title.length - 45))
      const filled = total ? Math.min(width, Math.round((done / total) * width)) : 0
      const share = total ? `${String(Math.floor((done / total) * 100)).padStart(3)} %` : ''
      const drawn = `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`
      const line = `${title} ${drawn} ${share} ${amount(done, total)} ${formatBytes(perSecond)}/s`
      stream.write(`\r\u001b[2K${line.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`)
    },
    end: () => void stream.write('\r\u001b[2K'),
  }
}

/** A line at every tenth, or every five seconds. */
function lines(title: string, stream: Stream): Progress {
  let lastTenth = -1
  let saidAt = -Infinity
  return {
    update: (done, total) => {
      const tenth = total ? Math.floor((done / total) * 10) : -1
      const now = performance.now()
      if (tenth === lastTenth && now - saidAt < 5000) return
      lastTenth = tenth
      saidAt = now
      stream.write(`${title} ${total ? `${tenth * 10} % ` : ''}${amount(done, total)}\n`)
    },
    end: () => undefined,
  }
}

function amount(done: number, total: number | undefined): string {
  return total === undefined ? formatBytes(done) : `${formatBytes(done)} of ${formatBytes(total)}`
}

/** Bytes per second over the last seconds. */
function speedometer(): (done: number) => number {
  const samples: { at: number; done: number }[] = []
  return (done) => {
    const at = performance.now()
    samples.push({ at, done })
    while (samples.length > 2 && at - samples[0].at > 3000) samples.shift()
    const elapsed = at - samples[0].at
    return elapsed > 0 ? ((done - samples[0].done) / elapsed) * 1000 : 0
  }
}

/** "98.4 MB": decimal units, as disks and hubs count. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${units[unit]}`
}

/** Columns aligned to the widest cell. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length)
  return rows
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
