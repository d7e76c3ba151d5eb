// The custom policy that does nothing: what it costs is what any of them costs before it does something.
import { definePolicy } from 'concordat'

export default definePolicy({
  id: 'empty',
  about: 'Does nothing.',
  phase: 'admit',
  link: () => () => undefined,
})
