// Misuse, help and version: what the command line answers before any command runs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command } from '../../test/command.ts'
import { folderWith } from '../../test/folder.ts'

const misuses: [says: string, args: string[], want: RegExp][] = [
  ['an unknown command is met with the one that was meant', ['chekc'], /Did you mean check\?/],
  ['an unknown option too', ['run', '--prot', '80'], /Did you mean --port\?/],
  ['a port that is no number', ['run', '--port', 'http'], /whole number from 0 to 65535/],
  ['a port beyond the last', ['run', '--port', '65536'], /whole number from 0 to 65535/],
  ['a negative count of workers', ['run', '--workers', '-1'], /whole number from 0 to 64/],
  ['more workers than there may be', ['run', '--workers', '65'], /whole number from 0 to 64/],
  ['more than one contract', ['check', 'a.yaml', 'b.yaml'], /too many arguments/],
  ['a file that is not there', ['check', 'nowhere.yaml'], /error: no file nowhere\.yaml/],
  ['a contract elsewhere', ['check', 'https://a.test/api.yaml'], /is not fetched: save/],
  ['a field without its name', ['explain', 'GET', '/', '--header', 'Bearer'], /Name: value/],
  ['a method alone', ['explain', 'GET'], /say METHOD PATH/],
  ['an address for a path', ['explain', 'GET', 'http://a.test/b?c'], /did you mean \/b\?c\?/],
  ['a configuration that is not there', ['check', '--config', 'x.yaml'], /error: no file x\.yaml/],
  ['neither contract nor configuration', ['routes'], /name a contract, or .* concordat\.yaml/],
  ['no command at all', [], /Usage: concordat/],
]

for (const [says, args, want] of misuses) {
  test(`exit code 2 and a reason: ${says}`, async (t) => {
    const { code, out, err } = await command(args, folderWith(t, {}))
    assert.match(err, want)
    assert.deepEqual({ code, out }, { code: 2, out: '' })
  })
}

test('--help prints every command and examples, and is no failure', async (t) => {
  const { code, out, err } = await command(['--help'], folderWith(t, {}))
  for (const word of 'run check routes limits explain shadow top Examples:'.split(' ')) {
    assert.ok(out.includes(word), word)
  }
  assert.deepEqual({ code, err }, { code: 0, err: '' })
})

test('--version prints the version alone', async (t) => {
  const { code, out } = await command(['--version'], folderWith(t, {}))
  assert.match(out, /^\d+\.\d+\.\d+\n$/)
  assert.equal(code, 0)
})
