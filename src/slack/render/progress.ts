const BAR_LENGTH = 12

/** `▓▓▓▓▓░░░░░░░`: full only when all is over, empty only when nothing is. */
export function barOf(over: number, all: number): string {
  const share = all === 0 ? 0 : over / all
  const least = share > 0 ? 1 : 0
  const most = share < 1 ? BAR_LENGTH - 1 : BAR_LENGTH
  const full = Math.min(most, Math.max(least, Math.round(share * BAR_LENGTH)))
  return '▓'.repeat(full) + '░'.repeat(BAR_LENGTH - full)
}
