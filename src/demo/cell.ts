import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/**
 * The local Slack binds every interface and cannot be told otherwise. Where the kernel lets us, it runs in
 * a network namespace of its own, a cell, that has nothing but a loopback interface.
 *
 * Perl is in every Debian, `ip` is not: SIOCSIFFLAGS (0x8914) sets the loopback interface up and running
 * (0x41), prctl (157 on x64) asks for SIGTERM when the parent dies.
 */
const LOOPBACK_UP =
  'socket(S,2,2,0) or die; $r=pack("a16 s x22","lo",0x41); ioctl(S,0x8914,$r) or die "lo: $!";'
const DIE_WITH_PARENT = 'syscall(157,1,15);'
/** First argument: how many of the following words are the relay's command; the rest is the server's. */
const RUN_BOTH = `$n=shift; @relay=splice(@ARGV,0,$n);
if(!fork){ ${DIE_WITH_PARENT} exec @relay } ${DIE_WITH_PARENT} exec @ARGV;`

const PERL = '/usr/bin/perl'
const UNSHARE = '/usr/bin/unshare'

/** As root a network namespace is enough; others need a user namespace around it. */
const WAYS: readonly (readonly string[])[] = [
  [UNSHARE, '--net'],
  [UNSHARE, '--user', '--map-root-user', '--net'],
]

const isPossible = ([command = '', ...args]: readonly string[]): boolean =>
  spawnSync(command, [...args, PERL, '-e', LOOPBACK_UP], { stdio: 'ignore' }).status === 0

/** The words to put in front of a command so that it runs in a cell, or null where the machine forbids it. */
export const findCell = (): readonly string[] | null => WAYS.find(isPossible) ?? null

/** The command that runs server and relay in a cell; the relay ends with the server, the server with us. */
export const cellCommand = (
  cell: readonly string[],
  relay: readonly string[],
  server: readonly string[],
): readonly string[] => [
  ...cell,
  PERL,
  '-e',
  LOOPBACK_UP + RUN_BOTH,
  String(relay.length),
  ...relay,
  ...server,
]

/** The command, ended by the kernel when we are killed, where Perl is there to ask for it. */
export const leashed = (command: readonly string[]): readonly string[] =>
  existsSync(PERL) ? [PERL, '-e', `${DIE_WITH_PARENT} exec @ARGV`, ...command] : command
