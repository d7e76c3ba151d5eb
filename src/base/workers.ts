// How many threads the data plane may have beside the main one, and what is said to who wants more.

export const workersMax = 1

export const tooManyWorkers = 'more than one worker is not supported by this version'
