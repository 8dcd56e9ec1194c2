import { openSystem } from '../../contract/bullmq-world.ts'

// A process of its own, for Node reads NODE_EXTRA_CA_CERTS only when it starts.
const [url = '', queue = ''] = process.argv.slice(2)
const system = openSystem({ url })
try {
  const [overview] = await system.overview([queue])
  console.log(JSON.stringify(overview?.counts))
} finally {
  await system.close()
}
