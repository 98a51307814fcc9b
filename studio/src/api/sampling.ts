/** What the server samples with where a request says nothing about it (`src/server/default-sampling.ts`). */
export const serverSampling = { temperature: 0.6, topP: 0.95 } as const

/**
 * The fields of a request. The server's defaults hold only together: where one of the two is set, the other is sent too, so that
 * it stays as the page shows it.
 */
export function samplingFields(temperature: number | undefined, topP: number | undefined) {
  if (temperature === undefined && topP === undefined) return {}
  return { temperature: temperature ?? serverSampling.temperature, top_p: topP ?? serverSampling.topP }
}
