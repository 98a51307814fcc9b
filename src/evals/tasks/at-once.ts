/** Items in work at once: models answer several requests in little more time than one, and each as if it were alone. */

const most = 8

/** The results in the order of the items. @param slots requests that the model works on at once */
export async function mapAtOnce<T, R>(items: readonly T[], slots: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const workOn = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++
      results[at] = await work(items[at])
    }
  }
  await Promise.all(Array.from({ length: Math.min(most, slots) }, workOn))
  return results
}
