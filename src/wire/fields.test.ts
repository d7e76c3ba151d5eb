// The header section: what is cut out of it, and that nothing else changes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../base.ts'
import { parseSection } from './fields.ts'
import { replyRoles, requestRoles } from './roles.ts'

const random = seededRandom(20_261_120)
const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!

const kept = ['A', 'Content-Type', 'x-y', 'Cookie', 'accept', 'Content-Length', 'TEA', 'Hosts']
const dropped = ['Connection', 'keep-alive', 'Proxy-Connection', 'UPGRADE', 'Te', 'X-Request-Id']
const values = ['', 'a', ' b ', '\tc', 'd\te', '\xe9', '1, 2']

const sectionOf = (lines: readonly string[]) => lines.map((line) => `${line}\r\n`).join('')

test('what is forwarded is what came without the dropped lines, byte for byte', () => {
  for (let round = 0; round < 2_000; round++) {
    const used = new Set<string>()
    const lines: [line: string, stays: boolean][] = []
    for (let i = Math.floor(random() * 12); i > 0; i--) {
      const stays = random() < 0.6
      const name = pick(stays ? kept : dropped)
      if (name.startsWith('Content-') && used.has(name)) continue
      used.add(name)
      lines.push([`${name}:${name === 'Content-Length' ? ' 3' : pick(values)}`, stays])
    }
    const text = sectionOf(lines.map(([line]) => line))
    const want = sectionOf(lines.filter(([, stays]) => stays).map(([line]) => line))
    for (const roles of [requestRoles, replyRoles]) {
      const section = parseSection(`${text}\r\n`, 0, text.length, roles, 50)
      assert.equal('broken' in section ? section.broken : section.forwardable, want)
    }
  }
})

const plainLine = /^[!#$%&'*+\-.^_`|~0-9a-zA-Z]+:[\t\x20-\x7e\x80-\xff]*$/

test('every single byte in every place is either taken as it is or refused', () => {
  for (const line of ['Ab: cd', 'Ab:', 'A:b']) {
    for (let at = 0; at <= line.length; at++) {
      for (let code = 0; code < 256; code++) {
        const odd = line.slice(0, at) + String.fromCharCode(code) + line.slice(at)
        const text = `X: y\r\n${odd}\r\nZ: y\r\n`
        const section = parseSection(`${text}\r\n`, 0, text.length, requestRoles, 50)
        assert.equal('broken' in section, !plainLine.test(odd), JSON.stringify(odd))
        if (!('broken' in section)) assert.equal(section.forwardable, text)
      }
    }
  }
})

test('a section reads the same wherever its bytes lie', () => {
  const text = 'Host: a\r\nA: b\r\nContent-Length: 3\r\nB: c\r\n'
  const alone = parseSection(`${text}\r\n`, 0, text.length, requestRoles, 50)
  const shared = Buffer.from(`before\r\n${text}\r\nC: d\r\n`)
  const within = parseSection(`${text}\r\n`, 0, text.length, requestRoles, 50, shared, 8)
  assert.deepEqual(within, alone)
})

test('fields are counted to the bound, whatever becomes of them', () => {
  for (const line of ['A: b', 'Keep-Alive: a']) {
    for (const [count, broken] of [
      [5, false],
      [6, true],
    ] as const) {
      const text = sectionOf(Array.from({ length: count }, () => line))
      const section = parseSection(`${text}\r\n`, 0, text.length, replyRoles, 5)
      assert.equal('broken' in section, broken, `${count} times ${line}`)
    }
  }
})
