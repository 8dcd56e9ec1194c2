/** One command in Redis' wire format. Lengths are counted in bytes: keys may hold any character. */
export const encode = (...words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
