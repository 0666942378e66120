/** Make src/run/schema.d.ts of what the server says goes in and out of its API: `npm run types:api`. */

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import openapi, { astToString } from 'openapi-typescript'

const root = new URL('../../', import.meta.url)
const python = process.env.PYTHON ?? new URL('.venv/bin/python', root).pathname
const ask = (...more) => execFileSync(python, ['tools/openapi.py', ...more], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })

const types = astToString(await openapi({ ...JSON.parse(ask()), paths: {} }))
const used = types.replace(/export (type|interface) (paths|webhooks|\$defs|operations)\b[^\n]*\n/g, '')
const head = `/** What goes in and out of the server's API, made by \`npm run types:api\`; do not edit.\n *\n * sha256 of its description: ${ask('--digest').trim()}\n */\n\n`
writeFileSync(new URL('../src/run/schema.d.ts', import.meta.url), head + used)
