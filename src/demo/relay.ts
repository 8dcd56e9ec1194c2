import { connect, createServer } from 'node:net'

/**
 * Runs inside the network namespace of the local Slack: whoever connects to the Unix socket talks to the
 * port that only this namespace can reach. Sockets in the file system are not part of the namespace.
 */
const [socketPath = '', port = ''] = process.argv.slice(2)

createServer((outside) => {
  const inside = connect(Number(port), '127.0.0.1')
  outside.on('error', () => inside.destroy())
  inside.on('error', () => outside.destroy())
  outside.pipe(inside).pipe(outside)
}).listen(socketPath)
