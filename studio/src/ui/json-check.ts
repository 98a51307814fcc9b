/** JSON as the user types it, with the line of its first error. */

export type Checked = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string }

export function checkJson(source: string): Checked {
  try {
    return { ok: true, value: JSON.parse(source) as unknown }
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    return {
      ok: false,
      problem: `${lineOf(source, message)}${message.replace(/ in JSON at position.*$| \(line.*$/, '')}`,
    }
  }
}

function lineOf(source: string, message: string): string {
  const position = /position (\d+)/.exec(message)?.[1]
  if (position === undefined) return ''
  return `Line ${source.slice(0, Number(position)).split('\n').length}: `
}
