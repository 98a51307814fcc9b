/** `npm run build`: compiles `src/` to `dist/` and bundles the chat page, each when it is stale. */
import { build, buildPage, install } from './prepare.mjs'

install()
build()
buildPage()
