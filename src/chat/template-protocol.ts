/** What the caller's thread and the template's worker say to each other, and the worker's half of it. */
import { OstroError } from '../util/error.ts'
import { compileTemplate, TemplateComplaint } from './interpreter.ts'

/** To the worker: first the template, then contexts to render. */
export type TemplateRequest =
  | { readonly type: 'compile'; readonly source: string; readonly maxOutputLength: number }
  | { readonly type: 'render'; readonly context: Readonly<Record<string, unknown>>; readonly nowMs: number | undefined }

/** From the worker: `started` once its code is loaded, then one answer a request. */
export type TemplateReply =
  | { readonly type: 'started' }
  | { readonly type: 'compiled' }
  | { readonly type: 'rendered'; readonly text: string }
  | { readonly type: 'failed'; readonly message: string; readonly byTemplate: boolean }

/** A running worker, however the platform makes one. */
export interface TemplateWorker {
  post(request: TemplateRequest): void
  /** Registers the one listener for replies, and the one for the worker's death (its reason in words). */
  listen(onReply: (reply: TemplateReply) => void, onDeath: (reason: string) => void): void
  /** Whether the process must stay alive for this worker: only while a request is under way. */
  hold(busy: boolean): void
  /** Processor time that the worker has used, in milliseconds, where the platform can tell. */
  cpuMs(): Promise<number | undefined>
  terminate(): void
}

/** The worker's half: answers each request. Nothing that a template does leaves here as an exception. */
export function createTemplateServant(): (request: TemplateRequest) => TemplateReply {
  warmUp()
  let render: ReturnType<typeof compileTemplate> | undefined
  let maxOutputLength = 0
  return (request) => {
    try {
      if (request.type === 'compile') {
        render = compileTemplate(request.source)
        maxOutputLength = request.maxOutputLength
        return { type: 'compiled' }
      }
      if (!render) throw new OstroError('template', 'template: asked to render before a template was compiled.')
      const text = render(request.context, request.nowMs === undefined ? undefined : new Date(request.nowMs))
      // A doubled text takes no memory until it is copied, so the length is checked before it is sent.
      if (text.length > maxOutputLength) {
        return { type: 'failed', message: `its text is longer than ${maxOutputLength} characters`, byTemplate: false }
      }
      return { type: 'rendered', text }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return { type: 'failed', message, byTemplate: error instanceof TemplateComplaint }
    }
  }
}

/** Renders a small template of our own, so that the time limit of the first real one is not spent on loading code. */
function warmUp(): void {
  const render = compileTemplate(
    "{% for m in messages %}{% if m['role'] == 'user' and loop.first %}{{ '<' + m.content | trim + '>' }}{% endif %}{% endfor %}",
  )
  for (let i = 0; i < 20; i++) render({ messages: [{ role: 'user', content: ' a ' }] })
}
