/** Shows a pull: events as JSON lines, or a bar and notes. Shared by every command that may have to download a model first. */
import type { LicenceAnswer, PullEvent } from '../hub/index.ts'
import { formatBytes, type Output, type Progress } from './output.ts'

/** A listener for `pull`; with --json each event is a line on standard output when `emitJson`. */
export function showPull(
  name: string,
  output: Output,
  options: { readonly emitJson: boolean },
): (event: PullEvent) => void {
  let progress: Progress | undefined
  const endProgress = (): void => {
    progress?.end()
    progress = undefined
  }
  return (event) => {
    if (output.json) {
      if (options.emitJson) output.print(event, '')
      return
    }
    switch (event.type) {
      case 'lock-wait':
        return output.note(`Another process (${event.pid ?? 'unknown'}) is downloading ${name}; waiting for it.`)
      case 'source-try':
        return undefined
      case 'source-fail':
        endProgress()
        return output.note(`${shorten(event.source)}: ${event.reason}`)
      case 'download-restart':
        endProgress()
        return output.note(`Starting over: ${event.reason}`)
      case 'download-start':
        if (event.resumedBytes > 0) output.note(`Resuming after ${formatBytes(event.resumedBytes)}.`)
        return undefined
      case 'download-progress':
        progress ??= output.progress(`Pulling ${name}`)
        return progress.update(event.receivedBytes, event.totalBytes)
      case 'verify-progress':
        return undefined
      case 'pull-end':
        return endProgress()
      default:
        return event satisfies never
    }
  }
}

/** Accepts with the flag; asks on a terminal; refuses elsewhere, so that nothing hangs. */
export function licenceAnswer(accepted: boolean, output: Output): LicenceAnswer {
  if (accepted) return true
  if (output.json || !process.stdin.isTTY || !process.stderr.isTTY) return false
  return async (licence) => {
    const { confirm, isCancel } = await import('@clack/prompts')
    output.note(`${licence.title}\n\n${licence.terms ?? ''}\n\nFull text: ${licence.url}\n`)
    const answer = await confirm({ message: 'Do you accept these terms?', initialValue: false, output: process.stderr })
    return !isCancel(answer) && answer
  }
}

function shorten(source: string): string {
  return source.length > 100 ? `${source.slice(0, 97)}...` : source
}
