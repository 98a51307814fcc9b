/** Entry of the template's worker thread in Node, Bun and Deno. */
import { parentPort } from 'node:worker_threads'
import { createTemplateServant, type TemplateReply, type TemplateRequest } from './template-protocol.ts'

const answer = createTemplateServant()
const reply = (message: TemplateReply): void => parentPort?.postMessage(message)
parentPort?.on('message', (request: TemplateRequest) => reply(answer(request)))
reply({ type: 'started' })
