/** Threads of the data plane beside the main one. */
export const workersMax = 64

/** Where nobody says how many: one for each core. */
export const workersFor = (cores: number): number => Math.min(cores, workersMax)
