/**
 * The line that a person types on a terminal. The terminal stays in the hands of readline while an answer streams: Ctrl-C then
 * reaches us as a key and stops the answer, not the program, and what is typed meanwhile is not echoed into the text.
 */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

export interface PromptLine {
  /** The next line; undefined at Ctrl-D, or at Ctrl-C on an empty line. */
  readonly ask: (prompt: string, signal: AbortSignal) => Promise<string | undefined>
  /** Runs work during which typing is not shown; its signal fires at Ctrl-C. */
  readonly whileMuted: (work: (stop: AbortSignal) => Promise<void>) => Promise<void>
  readonly close: () => void
}

export function createPrompt(): PromptLine {
  let muted = false
  let interrupt = (): void => {}
  const screen = new Writable({
    write: (chunk: Uint8Array, _encoding, done) => {
      if (!muted) process.stdout.write(chunk)
      done()
    },
  })
  Object.defineProperty(screen, 'columns', { get: () => process.stdout.columns })
  const lines = createInterface({ input: process.stdin, output: screen, terminal: true, historySize: 200 })
  lines.on('SIGINT', () => interrupt())

  return {
    ask: (prompt, signal) =>
      new Promise((resolve) => {
        const finish = (line: string | undefined): void => {
          lines.off('line', finish)
          lines.off('close', atEnd)
          signal.removeEventListener('abort', atEnd)
          resolve(line)
        }
        const atEnd = (): void => finish(undefined)
        interrupt = () => {
          if (lines.line === '') return finish(undefined)
          // Takes back what was typed: Ctrl-U and Ctrl-K, as the shell does.
          lines.write(null, { ctrl: true, name: 'u' })
          lines.write(null, { ctrl: true, name: 'k' })
        }
        lines.on('line', finish)
        lines.on('close', atEnd)
        signal.addEventListener('abort', atEnd)
        lines.setPrompt(prompt)
        lines.prompt()
      }),
    whileMuted: async (work) => {
      const stop = new AbortController()
      interrupt = () => stop.abort()
      muted = true
      try {
        await work(stop.signal)
      } finally {
        muted = false
      }
    },
    close: () => lines.close(),
  }
}
