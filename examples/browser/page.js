// @ts-check
/** The page: loads a model from a file or an address and streams answers. Everything heavy runs in the engine's worker. */
import { load } from '/ostro/index.js'

/** @param {string} id */
const element = (id) => /** @type {any} */ (document.getElementById(id))

/** @type {import('../../src/index.ts').Model | undefined} */
let model
/** @type {import('../../src/index.ts').ChatMessage[]} */
let messages = []
let stop = new AbortController()

element('file').addEventListener('change', () => open(element('file').files[0]))
element('served').addEventListener('click', () => open('/model.gguf'))
element('stop').addEventListener('click', () => stop.abort())
element('form').addEventListener('submit', (/** @type {Event} */ event) => {
  event.preventDefault()
  void answer(element('prompt').value)
})
const served = await fetch('/model.gguf', { method: 'HEAD' })
element('served').hidden = !served.ok

/** @param {Blob | string} source */
async function open(source) {
  try {
    await model?.dispose()
    messages = []
    model = await load(source, {
      onProgress: ({ doneBytes, totalBytes }) => say(`Loading: ${Math.round((100 * doneBytes) / totalBytes)} %`),
    })
    const { name, parameters, threads } = model.info
    say(`${name}, ${(parameters / 1e6).toFixed(1)} M parameters, ${threads} thread${threads === 1 ? '' : 's'}.`)
    element('send').disabled = false
  } catch (error) {
    say(String(error))
  }
}

/** @param {string} prompt */
async function answer(prompt) {
  if (model === undefined) return
  stop = new AbortController()
  element('send').disabled = true
  element('stop').disabled = false
  element('answer').textContent = ''
  const question = { role: 'user', content: prompt }
  const options = { maxTokens: 200, temperature: 0.6, topP: 0.95, signal: stop.signal }
  const isChat = model.info.kind === 'chat'
  try {
    for await (const event of isChat ? model.chat([...messages, question], options) : model.stream(prompt, options)) {
      if (event.type === 'text-delta') element('answer').append(event.text)
      if (event.type === 'end') {
        messages = [...messages, question, { role: 'assistant', content: element('answer').textContent }]
        const speed = (1000 * (event.usage.generatedTokens - 1)) / event.timings.decodeMs
        element('facts').textContent =
          `${event.reason}: ${event.usage.generatedTokens} tokens, ${speed.toFixed(1)} per second`
      }
    }
  } catch (error) {
    say(String(error))
  }
  element('send').disabled = false
  element('stop').disabled = true
}

/** @param {string} text */
function say(text) {
  element('status').textContent = text
}
