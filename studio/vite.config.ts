/** The page builds into `studio/dist`, which the server hands out under a policy of `default-src 'self'`. */
import { defineConfig } from 'vite'

const server = process.env.OSTRO_SERVER ?? 'http://127.0.0.1:7878'

export default defineConfig({
  // Nothing may be inlined: the policy forbids data: addresses and inline scripts.
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
  server: {
    port: 7979,
    proxy: Object.fromEntries(['/v1', '/tokenize', '/health'].map((path) => [path, { target: server }])),
  },
})
