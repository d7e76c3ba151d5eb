// Questions to the person at the terminal. What asks them is loaded when the first is asked: a
// command that asks nothing does not wait for it.

export interface Prompts {
  /** A line of text; the usual one where nothing is typed. */
  text(question: TextQuestion): Promise<string | undefined>
  choose<Value extends string>(question: ChoiceQuestion<Value>): Promise<Value | undefined>
  confirm(message: string, usual: boolean): Promise<boolean | undefined>
}

export interface TextQuestion {
  readonly message: string
  readonly usual: string
  /** What is wrong with an answer; undefined where nothing is. */
  readonly problem?: (text: string) => string | undefined
}

export interface ChoiceQuestion<Value extends string> {
  readonly message: string
  readonly usual: Value
  readonly choices: readonly { value: Value; label: string; hint?: string }[]
}

/** On stderr: stdout is for results. Undefined answers: somebody wants to stop. */
export async function terminalPrompts(signal: AbortSignal): Promise<Prompts> {
  const clack = await import('@clack/prompts')
  // Ctrl-D ends what a question reads, and leaves it unanswered.
  const ended = new AbortController()
  process.once('beforeExit', () => ended.abort())
  const common = { output: process.stderr, signal: AbortSignal.any([signal, ended.signal]) }
  const answer = <Value>(value: Value | symbol): Value | undefined =>
    clack.isCancel(value) ? undefined : (value as Value)
  return {
    async text({ message, usual, problem }) {
      const validate = (text: string | undefined) => problem?.(text || usual)
      const options = { ...common, message, placeholder: usual, defaultValue: usual, validate }
      return answer<string>(await clack.text(options))
    },
    async choose<Value extends string>({ message, usual, choices }: ChoiceQuestion<Value>) {
      const options = choices.map((one) => ({ ...one, hint: one.hint ?? '' }))
      const asked = { ...common, message, initialValue: usual as string, options }
      return answer(await clack.select<string>(asked)) as Value | undefined
    },
    async confirm(message, usual) {
      return answer<boolean>(await clack.confirm({ ...common, message, initialValue: usual }))
    },
  }
}
