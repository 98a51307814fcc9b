/** Parameters behind the question mark of an address. */
import { badRequest } from './api-error.ts'

/**
 * The parameters by name.
 * @throws ApiError 400 for one that is not among `known`: nothing is ignored
 */
export function onlyParameters<Name extends string>(
  request: Request,
  known: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  const given = [...new URL(request.url).searchParams]
  for (const [name] of given) {
    if ((known as readonly string[]).includes(name)) continue
    throw badRequest(`${name}: this server does not know the parameter. Leave it out.`, name, 'unknown_parameter')
  }
  return Object.fromEntries(given) as Partial<Record<Name, string>>
}
