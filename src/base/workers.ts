/** Threads of the data plane beside the main one. */
export const workersMax = 64
