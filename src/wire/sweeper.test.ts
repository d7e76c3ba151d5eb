import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock, seededRandom } from '../base.ts'
import { Pace } from './pace.ts'
import { type Sweepable, Sweeper, sweepPeriodMs } from './sweeper.ts'

class Member implements Sweepable {
  sweepIndex = -1
  restUntilMs = 0
  swept = 0
  act: () => void = () => {}

  sweep(): void {
    this.swept++
    this.act()
  }

  threw(error: unknown): void {
    throw error
  }
}

test('whoever leaves while it is looked at, or makes others leave, skips nobody who stays', () => {
  const random = seededRandom(3)
  for (let round = 0; round < 200; round++) {
    const clock = manualClock()
    const sweeper = new Sweeper(clock, (error) => assert.fail(String(error)))
    const members = Array.from({ length: 1 + Math.floor(random() * 8) }, () => new Member())
    for (const member of members) sweeper.add(member)
    const gone = new Set<Member>()
    const leave = (member: Member) => {
      gone.add(member)
      sweeper.remove(member)
    }
    for (const member of members) {
      const other = members[Math.floor(random() * members.length)]!
      if (random() < 0.5) member.act = () => leave(random() < 0.5 ? member : other)
    }
    clock.advance(sweepPeriodMs)
    for (const member of members) if (!gone.has(member)) assert.ok(member.swept > 0)
    const before = members.map(({ swept }) => swept)
    for (const member of members) member.act = () => {}
    clock.advance(sweepPeriodMs)
    for (const [i, member] of members.entries()) {
      assert.equal(member.swept - before[i]!, gone.has(member) ? 0 : 1)
    }
    sweeper.stop()
  }
})

test('who throws is told of it and looked at no more, the others all the same', () => {
  const clock = manualClock()
  const bugs: unknown[] = []
  const sweeper = new Sweeper(clock, (error) => bugs.push(error))
  const members = [new Member(), new Member(), new Member()]
  for (const member of members) sweeper.add(member)
  members[1]!.act = () => {
    throw new Error('bug')
  }
  clock.advance(sweepPeriodMs * 2)
  assert.deepEqual(
    members.map(({ swept }) => swept),
    [2, 1, 2],
  )
  assert.equal(bugs.length, 1, 'what it throws when it is told is reported')
})

test('each byte buys time up to the bound', () => {
  type Move = [atMs: number, bytes: number, late: boolean]
  const rows: [says: string, rate: number, moves: Move[]][] = [
    [
      'nothing comes',
      100,
      [
        [4_000, 0, false],
        [5_001, 0, true],
      ],
    ],
    [
      'nothing comes, and only silence is bounded',
      0,
      [
        [29_000, 0, false],
        [30_001, 0, true],
      ],
    ],
    [
      'enough comes',
      100,
      [
        [5_000, 500, false],
        [10_000, 1_000, false],
        [15_000, 1_500, false],
      ],
    ],
    [
      'too little comes',
      100,
      [
        [5_000, 250, false],
        [7_000, 250, false],
        [7_501, 250, true],
      ],
    ],
    [
      'much comes, then nothing',
      100,
      [
        [1_000, 1_000_000, false],
        [31_000, 1_000_000, false],
        [31_001, 1_000_000, true],
      ],
    ],
    [
      'much comes, then drops',
      100,
      [
        [1_000, 1_000_000, false],
        [20_000, 1_000_001, false],
        [31_012, 1_000_001, true],
      ],
    ],
    [
      'drops, and only silence is bounded',
      0,
      [
        [29_000, 1, false],
        [58_000, 2, false],
        [87_000, 3, false],
        [118_000, 3, true],
      ],
    ],
  ]
  for (const [says, rate, moves] of rows) {
    const pace = new Pace(0, 0, 30_000, rate)
    for (const [atMs, bytes, late] of moves) {
      assert.equal(pace.isLate(atMs, bytes), late, `${says}, at ${atMs}`)
    }
  }
})

test('who rests is not looked at before its time, and then again and again', () => {
  const clock = manualClock()
  const sweeper = new Sweeper(clock, (error) => assert.fail(String(error)))
  const member = new Member()
  sweeper.add(member)
  member.restUntilMs = 5 * sweepPeriodMs
  clock.advance(4 * sweepPeriodMs)
  assert.equal(member.swept, 0)
  clock.advance(3 * sweepPeriodMs)
  assert.equal(member.swept, 3)
  sweeper.stop()
})

test('a pass of thousands leaves turns to others, and looks at everyone once', async () => {
  const clock = manualClock()
  const sweeper = new Sweeper(clock, (error) => assert.fail(String(error)))
  const members = Array.from({ length: 2_000 }, () => new Member())
  for (const member of members) sweeper.add(member)
  const swept = () => members.reduce((sum, one) => sum + one.swept, 0)
  clock.advance(sweepPeriodMs)
  assert.ok(swept() < members.length / 2)
  for (const leaver of members.splice(0, 500)) sweeper.remove(leaver)
  while (members.some((one) => one.swept === 0)) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  clock.advance(sweepPeriodMs)
  assert.ok(members.filter((one) => one.swept > 1).length < 600)
  sweeper.stop()
})
