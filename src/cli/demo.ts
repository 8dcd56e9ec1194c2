import { startApp } from '../app.ts'
import { runDemo } from '../demo/run.ts'

/** `spillway demo`: everything on this machine, nothing of yours touched. Resolves to the exit code. */
export const demo = (args: readonly string[]): Promise<number> => runDemo(args, startApp)
