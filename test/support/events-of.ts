/** All events of a stream; `into` holds them also where the stream throws. */
export async function eventsOf<E>(stream: AsyncIterable<E>, into: E[] = []): Promise<E[]> {
  for await (const event of stream) into.push(event)
  return into
}
