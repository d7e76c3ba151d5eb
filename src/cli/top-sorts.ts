// The orders in which `top` can show operations: known to the command line before `top` is loaded.
export const sorts = ['rate', 'p99', 'errors'] as const

export type Sort = (typeof sorts)[number]
