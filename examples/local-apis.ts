/** Two small HTTP services, real servers on this machine, for the examples to call: the weather of cities and a shop's orders and customers. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const weather: Readonly<Record<string, { sky: string; celsius: number }>> = {
  paris: { sky: 'rain', celsius: 11 },
  rome: { sky: 'clear', celsius: 19 },
  oslo: { sky: 'snow', celsius: -3 },
}
const orders: Readonly<Record<string, { item: string; status: string; due: string }>> = {
  1001: { item: 'desk lamp', status: 'shipped', due: '2026-12-01' },
  1002: { item: 'oak table', status: 'in production', due: '2027-01-15' },
}
const customers = [
  { name: 'Anna Schmidt', revenue: 12_500, created: '2023-04-02' },
  { name: 'Karl Weber', revenue: 800, created: '2024-11-20' },
  { name: 'Mia Rossi', revenue: 43_000, created: '2021-09-13' },
  { name: 'Tom Berg', revenue: 9_900, created: '2022-01-30' },
] as const

export interface LocalApis extends AsyncDisposable {
  readonly url: string
  /** Paths that were asked for, in order. */
  readonly requests: readonly string[]
}

export async function startLocalApis(): Promise<LocalApis> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(String(request.url))
    const { pathname, searchParams } = new URL(String(request.url), 'http://localhost')
    const found = answer(pathname, searchParams)
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(found ?? { error: 'not found' }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function answer(path: string, query: URLSearchParams): unknown {
  if (path === '/weather') return weather[String(query.get('city')).toLowerCase()]
  if (path.startsWith('/orders/')) return orders[path.slice('/orders/'.length)]
  if (path !== '/customers') return undefined
  const least = Number(query.get('min_revenue') ?? 0)
  const before = query.get('created_before') ?? '9999'
  const limit = Number(query.get('limit') ?? customers.length)
  return customers.filter(({ revenue, created }) => revenue >= least && created < before).slice(0, limit)
}

/** The JSON of an address. @throws Error where the service has none */
export async function getJson(url: URL | string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(url, { signal })
  if (!response.ok) throw new Error(`${response.status} from ${new URL(url).pathname}`)
  return response.json()
}
