/** Entry of the template's worker in a browser. */
import { createTemplateServant, type TemplateReply, type TemplateRequest } from './template-protocol.ts'

const answer = createTemplateServant()
const reply = (message: TemplateReply): void => globalThis.postMessage(message)
globalThis.addEventListener('message', (event: MessageEvent<TemplateRequest>) => reply(answer(event.data)))
reply({ type: 'started' })
