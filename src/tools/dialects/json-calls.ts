/** What many notations share: a call as a JSON object with a name and arguments. */
import type { CallNotation } from '../dialect.ts'

/** The object with keys of that name. Give the rest of the notation beside it. */
export function jsonCall(
  keys: { readonly name?: string; readonly arguments?: string } = {},
): Pick<CallNotation, 'before' | 'afterName' | 'arguments' | 'end'> {
  const { name = 'name', arguments: values = 'arguments' } = keys
  return { before: `{"${name}": "`, afterName: `", "${values}": `, arguments: 'json', end: '}' }
}

/** A JSON list of such objects behind `open`, which marks it even within text. */
export function jsonList(
  open: string,
  close: string,
  keys: Parameters<typeof jsonCall>[0] = {},
): Omit<CallNotation, 'trigger' | 'afterText'> {
  return { ...jsonCall(keys), open: `${open}[`, separator: ', ', close: `]${close}` }
}
