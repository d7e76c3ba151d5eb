// The version of this program, as its package states it.
import about from '../../package.json' with { type: 'json' }

export const version: string = about.version
