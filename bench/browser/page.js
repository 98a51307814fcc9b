/** Runs in Chromium: both engines behind one shape, `load(address, threads)` and `answer(prompt, count, endTokens)`. */

const loaders = {
  ostro: async (address, threads) => {
    const { load } = await import('/dist/index.js')
    const model = await load(address, { threads, context: 1024 })
    return async (prompt, maxTokens, endTokens) => {
      const logitBias = Object.fromEntries(endTokens.map((id) => [id, -Infinity]))
      const { usage, timings } = await model.complete(prompt, { maxTokens, temperature: 0, logitBias })
      return {
        promptTokens: usage.promptTokens - usage.cachedTokens,
        prefillMs: timings.prefillMs,
        generatedTokens: usage.generatedTokens - 1,
        decodeMs: timings.decodeMs,
      }
    }
  },
  wllama: async (address, threads) => {
    const { Wllama } = await import('/node_modules/@wllama/wllama/esm/index.js')
    const wllama = new Wllama(
      { default: '/node_modules/@wllama/wllama/esm/wasm/wllama.wasm' },
      { suppressNativeLog: true },
    )
    const blob = await (await fetch(address)).blob()
    await wllama.loadModel([blob], { n_ctx: 1024, n_batch: 512, n_threads: threads, n_gpu_layers: 0, n_parallel: 1 })
    return async (prompt, maxTokens, endTokens) => {
      const logit_bias = Object.fromEntries(endTokens.map((id) => [id, -100]))
      const { timings } = await wllama.createCompletion({ prompt, max_tokens: maxTokens, temperature: 0, logit_bias })
      return {
        promptTokens: timings.prompt_n,
        prefillMs: timings.prompt_ms,
        generatedTokens: timings.predicted_n - 1,
        decodeMs: timings.predicted_ms,
      }
    }
  },
}

globalThis.engines = {
  isolated: globalThis.crossOriginIsolated,
  async load(name, address, threads) {
    this.answer = await loaders[name](address, threads)
  },
}
