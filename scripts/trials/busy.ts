import { availableParallelism, loadavg } from 'node:os'

/**
 * Whether others have the machine's processors: times on the clock are theirs then, and are shown but not judged. Asked
 * before a drill begins, which is busy itself.
 */
export const isMachineBusy = (): boolean => loadavg()[0]! > availableParallelism()

/** What a verdict says where its time was not judged. */
export const NOT_JUDGED = ' (not judged: others have the processor)'
