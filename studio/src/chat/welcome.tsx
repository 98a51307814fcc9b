/** What a new chat shows: a word of welcome and a few things to try, each of which shows one ability of the page. */
import { goTo } from '../app/address.ts'
import { modelsStore, resolveModel } from '../app/models-store.ts'
import { useStore } from '../app/store.ts'
import { Icon, type IconName, Mark } from '../ui/icons.tsx'
import { changeSettings, chatStore, currentSettings } from './chat-store.ts'
import { demoToolSettings } from './demo-tools.ts'
import { exampleSchema, type ToolSetting } from './settings.ts'
import './welcome.css'

interface Idea {
  readonly icon: IconName
  readonly title: string
  readonly detail: string
  readonly run: (send: (text: string) => void) => void
}

const ideas: readonly Idea[] = [
  {
    icon: 'chat',
    title: 'Ask a question',
    detail: 'Why is the sky blue?',
    run: (send) => {
      changeSettings({ output: 'text', tools: toolsOff() })
      send('Why is the sky blue?')
    },
  },
  {
    icon: 'tool',
    title: 'Call a function',
    detail: 'A calculator and a clock run in this page',
    run: (send) => {
      const { tools } = currentSettings(chatStore.get())
      const others = tools.filter(({ name }) => demoToolSettings.every((demo) => demo.name !== name))
      // Small models seldom decide for a call by themselves; here it is the point.
      changeSettings({ tools: [...others, ...demoToolSettings], output: 'text', toolChoice: 'tool:calculator' })
      send('What is 47 times 89?')
    },
  },
  {
    icon: 'braces',
    title: 'Answer in a JSON schema',
    detail: 'Every answer validates, whatever the model',
    run: (send) => {
      changeSettings({ output: 'schema', schema: exampleSchema, tools: toolsOff() })
      send('Review the book “Invisible Cities” by Italo Calvino.')
    },
  },
  {
    icon: 'quill',
    title: 'Continue a text',
    detail: 'With the probability of every token',
    run: () => goTo('complete'),
  },
]

function toolsOff(): readonly ToolSetting[] {
  return currentSettings(chatStore.get()).tools.map((tool) => ({ ...tool, enabled: false }))
}

export function Welcome({ onSend }: { readonly onSend: (text: string) => void }) {
  const { models } = useStore(modelsStore, (state) => state)
  const chosen = useStore(chatStore, (state) => currentSettings(state).model)
  const model = resolveModel(models, chosen)
  return (
    <div className="welcome scrolling">
      <div className="welcome-inner">
        <Mark size={44} />
        <h1>What shall we look into?</h1>
        {model && (
          <p>
            <strong>{model.id}</strong> answers from your own server.
            {!model.chats && ' It is a base model: it continues text better than it chats.'}
          </p>
        )}
        <ul className="ideas">
          {ideas.map(({ icon, title, detail, run }) => (
            <li key={title}>
              <button type="button" onClick={() => run(onSend)}>
                <Icon name={icon} />
                <span>{title}</span>
                <small>{detail}</small>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  )
}
