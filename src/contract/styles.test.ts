// The specification's table of styles, cell by cell, and what a text becomes.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ParameterIn, ParameterPlan, Shape, Style } from './operation.ts'
import {
  decode,
  integer,
  plan,
  rgb,
  scalar,
  sent,
  string,
  strings,
} from './parameters-for-tests.ts'

const blue = ['blue', 'black', 'brown']
const mixed = { R: 100, G: 200, B: 150 }

type Cell = [
  style: Style,
  explode: boolean,
  place: ParameterIn,
  shape: Shape,
  text: string,
  want: unknown,
]

const table: Cell[] = [
  ['matrix', false, 'path', string, ';color', ''],
  ['matrix', false, 'path', string, ';color=blue', 'blue'],
  ['matrix', false, 'path', strings, ';color=blue,black,brown', blue],
  ['matrix', false, 'path', rgb, ';color=R,100,G,200,B,150', mixed],
  ['matrix', true, 'path', string, ';color', ''],
  ['matrix', true, 'path', string, ';color=blue', 'blue'],
  ['matrix', true, 'path', strings, ';color=blue;color=black;color=brown', blue],
  ['matrix', true, 'path', rgb, ';R=100;G=200;B=150', mixed],
  ['label', false, 'path', string, '.', ''],
  ['label', false, 'path', string, '.blue', 'blue'],
  ['label', false, 'path', strings, '.blue,black,brown', blue],
  ['label', false, 'path', rgb, '.R,100,G,200,B,150', mixed],
  ['label', false, 'path', rgb, '.R.100.G.200.B.150', mixed],
  ['label', true, 'path', string, '.', ''],
  ['label', true, 'path', string, '.blue', 'blue'],
  ['label', true, 'path', strings, '.blue.black.brown', blue],
  ['label', true, 'path', rgb, '.R=100.G=200.B=150', mixed],
  ['simple', false, 'path', string, 'blue', 'blue'],
  ['simple', false, 'path', strings, 'blue,black,brown', blue],
  ['simple', false, 'path', rgb, 'R,100,G,200,B,150', mixed],
  ['simple', true, 'path', string, 'blue', 'blue'],
  ['simple', true, 'path', strings, 'blue,black,brown', blue],
  ['simple', true, 'path', rgb, 'R=100,G=200,B=150', mixed],
  ['simple', false, 'header', string, '', ''],
  ['simple', false, 'header', string, 'blue', 'blue'],
  ['simple', false, 'header', strings, 'blue, black ,brown', blue],
  ['simple', false, 'header', rgb, 'R,100,G,200,B,150', mixed],
  ['simple', true, 'header', strings, 'blue,black,brown', blue],
  ['simple', true, 'header', rgb, 'R=100,G=200,B=150', mixed],
  ['form', false, 'query', string, 'color=', ''],
  ['form', false, 'query', string, 'color=blue', 'blue'],
  ['form', false, 'query', strings, 'color=blue,black,brown', blue],
  ['form', false, 'query', rgb, 'color=R,100,G,200,B,150', mixed],
  ['form', true, 'query', string, 'color=', ''],
  ['form', true, 'query', string, 'color=blue', 'blue'],
  ['form', true, 'query', strings, 'color=blue&color=black&color=brown', blue],
  ['form', true, 'query', strings, 'color=blue', ['blue']],
  ['form', true, 'query', rgb, 'R=100&G=200&B=150', mixed],
  ['form', false, 'cookie', string, 'color=', ''],
  ['form', false, 'cookie', string, 'color=blue', 'blue'],
  ['form', false, 'cookie', strings, 'color=blue,black,brown', blue],
  ['form', false, 'cookie', rgb, 'color=R,100,G,200,B,150', mixed],
  ['form', true, 'cookie', string, 'color=blue', 'blue'],
  ['form', true, 'cookie', strings, 'color=blue; color=black; color=brown', blue],
  ['form', true, 'cookie', rgb, 'R=100; G=200; B=150', mixed],
  ['cookie', true, 'cookie', string, 'color=blue', 'blue'],
  ['cookie', true, 'cookie', string, 'color=', ''],
  ['cookie', true, 'cookie', string, 'color=50%', '50%'],
  ['cookie', true, 'cookie', string, 'color=a%20b', 'a%20b'],
  ['cookie', true, 'cookie', integer, 'color=1', 1],
  ['cookie', false, 'cookie', string, 'color=blue', 'blue'],
  ['cookie', true, 'cookie', strings, 'color=blue; color=black; color=brown', blue],
  ['cookie', true, 'cookie', strings, 'color=blue', ['blue']],
  ['cookie', true, 'cookie', rgb, 'R=100; G=200; B=150', mixed],
  ['spaceDelimited', false, 'query', strings, 'color=blue%20black%20brown', blue],
  ['spaceDelimited', false, 'query', strings, 'color=blue+black+brown', blue],
  ['spaceDelimited', false, 'query', rgb, 'color=R%20100%20G%20200%20B%20150', mixed],
  ['spaceDelimited', true, 'query', strings, 'color=blue&color=black&color=brown', blue],
  ['pipeDelimited', false, 'query', strings, 'color=blue|black|brown', blue],
  ['pipeDelimited', false, 'query', strings, 'color=blue%7Cblack%7Cbrown', blue],
  ['pipeDelimited', false, 'query', rgb, 'color=R|100|G|200|B|150', mixed],
  ['pipeDelimited', true, 'query', strings, 'color=blue&color=black&color=brown', blue],
  ['deepObject', true, 'query', rgb, 'color[R]=100&color[G]=200&color[B]=150', mixed],
  ['deepObject', true, 'query', rgb, 'color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150', mixed],
  ['deepObject', false, 'query', rgb, 'color[R]=100&color[G]=200&color[B]=150', mixed],
]

describe("the specification's table of styles", () => {
  for (const [style, explode, place, shape, text, want] of table) {
    const name = `${style}${explode ? ' exploded' : ''} ${shape.kind} in ${place}: ${text}`
    it(name, () => {
      assert.deepEqual(decode(plan({ style, explode, in: place, shape }), sent(place, text)), want)
    })
  }
})

describe('a text that is not in its style is refused', () => {
  const cases: [says: string, over: Partial<ParameterPlan>, text: string][] = [
    ['matrix without its prefix', { in: 'path', style: 'matrix' }, 'blue'],
    ['matrix under another name', { in: 'path', style: 'matrix' }, ';colour=blue'],
    [
      'one item under another name',
      { in: 'path', style: 'matrix', shape: strings },
      ';color=a;x=b',
    ],
    ['label without its dot', { in: 'path', style: 'label' }, 'blue'],
    [
      'a name without a value',
      { in: 'path', style: 'simple', explode: false, shape: rgb },
      'R,1,G',
    ],
    ['members without equals', { in: 'path', style: 'simple', shape: rgb }, 'R,G'],
    ['a member twice', { in: 'path', style: 'simple', shape: rgb }, 'R=1,R=2'],
    ['deepObject as a scalar', { style: 'deepObject', shape: rgb }, 'color=R'],
  ]
  for (const [says, over, text] of cases) {
    it(says, () => {
      const parameter = plan(over)
      assert.deepEqual(decode(parameter, sent(parameter.in, text)), ['color malformed'])
    })
  }
})

describe('text becomes a value', () => {
  const cases: [says: string, shape: Shape, text: string, want: unknown][] = [
    ['an integer', integer, '42', 42],
    ['a negative one', integer, '-7', -7],
    ['the largest int64, nearly', integer, '9223372036854775807', 2 ** 63],
    ['no hexadecimal', integer, '0x10', '0x10'],
    ['no leading zero', integer, '007', '007'],
    ['no plus sign', integer, '%2B1', '+1'],
    ['no space', integer, '+1', ' 1'],
    ['no fraction for an integer', integer, '1.0', '1.0'],
    ['no text for an integer', integer, '', ''],
    ['a number', scalar('number'), '-1.5e3', -1500],
    ['no infinity', scalar('number'), '1e999', '1e999'],
    ['no NaN', scalar('number'), 'NaN', 'NaN'],
    ['true', scalar('boolean'), 'true', true],
    ['not True', scalar('boolean'), 'True', 'True'],
    ['not 1', scalar('boolean'), '1', '1'],
    ['null where texts are not allowed', scalar('integer', 'null'), '', null],
    ['no null where they are', scalar('null', 'string'), 'null', 'null'],
    ['a text stays text', string, '42', '42'],
    ['a plus is a space', string, 'a+b', 'a b'],
    ['an escaped plus is a plus', string, 'a%2Bb', 'a+b'],
    ['UTF-8', string, '%C3%A9', 'é'],
    ['an escaped comma', string, 'a%2Cb', 'a,b'],
  ]
  for (const [says, shape, text, want] of cases) {
    it(says, () => assert.deepEqual(decode(plan({ shape }), sent('query', `color=${text}`)), want))
  }
})
