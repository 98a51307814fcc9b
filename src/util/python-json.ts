/** JSON as Python writes it: with `Infinity`, `-Infinity` and `NaN`, which the standard does not have and configurations of models do. */

/** NaN becomes null. @throws SyntaxError where even so it is no JSON */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    const standard = text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (found) => {
      if (found.startsWith('"')) return found
      if (found === 'NaN') return 'null'
      return found.replace('Infinity', '1e999') // too large for a double
    })
    if (standard === text) throw cause
    return JSON.parse(standard) as unknown
  }
}
