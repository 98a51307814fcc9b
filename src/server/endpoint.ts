/** What an endpoint is: a row of the route table, from which the app, the OpenAPI document and the tests are made. One file each. */
import type { ZodType, infer as Infer } from 'zod'
import type { Family } from './api-error.ts'
import type { RequestContext } from './request-context.ts'

/** The answer of an endpoint for the OpenAPI document; every live answer is checked against it in the tests. */
export interface EndpointAnswer {
  /** The JSON body. */
  readonly json?: ZodType
  /** The data of each event of a stream. */
  readonly events?: ZodType
  /** Media type of a stream's or a text's body. Default `text/event-stream` where there are `events`. */
  readonly mediaType?: string
}

export interface Endpoint {
  readonly method: 'get' | 'post' | 'delete'
  /** In Hono's form: `/v1/models/:id`. */
  readonly path: string
  /** One line for the OpenAPI document. */
  readonly summary: string
  readonly family: Family
  /** Open to everybody, whatever keys there are. Default false, and only for /health. */
  readonly open?: boolean
  /** Field of the body that holds the prompt; errors of its length name it. */
  readonly promptField?: string
  readonly body: ZodType | undefined
  readonly answer: EndpointAnswer
  readonly handle: (context: RequestContext, body: unknown) => Promise<Response>
}

/**
 * Defines an endpoint; `handle` gets the body as its schema gives it.
 * @example
 * export const tokenize = defineEndpoint({
 *   method: 'post', path: '/tokenize', summary: 'Token ids of a text', family: 'openai',
 *   body: z.strictObject({ text: z.string() }),
 *   answer: { json: z.object({ tokens: z.array(z.int()) }) },
 *   handle: async (context, { text }) => {
 *     const { model } = await context.useModel(undefined)
 *     return Response.json({ tokens: await model.tokenize(text) })
 *   },
 * })
 */
export function defineEndpoint<Body extends ZodType | undefined>(
  definition: Omit<Endpoint, 'body' | 'handle'> & {
    readonly body: Body
    readonly handle: (
      context: RequestContext,
      body: Body extends ZodType ? Infer<Body> : undefined,
    ) => Promise<Response>
  },
): Endpoint {
  // The app parses the body with this very schema before it calls.
  return definition as unknown as Endpoint
}
