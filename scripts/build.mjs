/** `npm run build`: compiles `src/` to `dist/` when it is stale. */
import { build, install } from './prepare.mjs'

install()
build()
