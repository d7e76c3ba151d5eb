// Overlay documents: what they say of a contract, what is refused and where, and that a hostile one
// ends in a sentence.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { placeText } from '../base.ts'
import { Budget } from './budget.ts'
import { readOverlay } from './overlay.ts'
import { overlaid } from './overlay-apply.ts'
import { type Located, parseLocated } from './text.ts'

const contract = `openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /items:
    get:
      summary: lists
      tags: [public, old]
      x-oai-traits: [paged]
      parameters:
        - {name: q, in: query}
  /some-items:
    delete: {summary: clears}
`

const head = (version: string) => `overlay: ${version}\ninfo: {title: T, version: "1"}\n`

/** Actions from the fourth line on, in the indentation of a list. */
const actions = (text: string, version = '1.1.0') => `${head(version)}actions:\n${text}`

function apply(overlayText: string, budget = new Budget(), document = contract): Located {
  const { overlay, problems } = readOverlay(parseLocated(overlayText, 'o.yaml'))
  const located = parseLocated(document, 'c.yaml')
  if (overlay === undefined) return { value: undefined, problems, locate: located.locate }
  return overlaid(located, [overlay], budget)
}

const problemsOf = (located: Located): string[] =>
  located.problems.map(({ place, message }) => `${placeText(place)} ${message}`)

interface Shop {
  readonly info: unknown
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>
  >
  readonly tags?: unknown
}

const applied = (overlayText: string): Shop => {
  const located = apply(overlayText)
  assert.deepEqual(problemsOf(located), [])
  return located.value as Shop
}

describe('what an action does', () => {
  const cases: [says: string, text: string, of: (shop: Shop) => unknown, want: unknown][] = [
    [
      'merges an object, however deep',
      '  - {target: $, update: {info: {x-a: 1}, tags: [{name: a}]}}',
      ({ info, tags }) => [info, tags],
      [{ title: 'Shop', version: '1', 'x-a': 1 }, [{ name: 'a' }]],
    ],
    [
      'changes every node that it selects',
      '  - {target: $.paths.*.*, update: {x-safe: true}}',
      ({ paths }) =>
        Object.values(paths)
          .flatMap((item) => Object.values(item))
          .map((one) => one['x-safe']),
      [true, true],
    ],
    [
      'appends one item',
      '  - {target: "$.paths[\'/items\'].get.parameters", update: {name: r}}',
      ({ paths }) => paths['/items']!['get']!['parameters'],
      [{ name: 'q', in: 'query' }, { name: 'r' }],
    ],
    [
      'concatenates lists',
      '  - {target: "$.paths[\'/items\'].get.tags", update: [new, newer]}',
      ({ paths }) => paths['/items']!['get']!['tags'],
      ['public', 'old', 'new', 'newer'],
    ],
    [
      'concatenates lists that it meets while it merges',
      "  - {target: \"$.paths[?(@.get['x-oai-traits'][?(@ == 'paged')])].get\", update: {parameters: [{name: top}]}}",
      ({ paths }) => paths['/items']!['get']!['parameters'],
      [{ name: 'q', in: 'query' }, { name: 'top' }],
    ],
    [
      'replaces single values',
      '  - {target: $.paths.*.*.summary, update: hidden}',
      ({ paths }) => [
        paths['/items']!['get']!['summary'],
        paths['/some-items']!['delete']!['summary'],
      ],
      ['hidden', 'hidden'],
    ],
    [
      'removes members',
      "  - {target: \"$.paths['/items'].get['summary', 'tags', 'x-oai-traits', 'parameters']\", remove: true}",
      ({ paths }) => paths['/items'],
      { get: {} },
    ],
    [
      'removes items by what they are',
      '  - {target: "$.paths.*.get.tags[?@ == \'old\']", remove: true}',
      ({ paths }) => paths['/items']!['get']!['tags'],
      ['public'],
    ],
    [
      'removes a node once, however often it is selected',
      '  - {target: "$.paths[\'/items\'].get.tags[0, 0, -2]", remove: true}',
      ({ paths }) => paths['/items']!['get']!['tags'],
      ['old'],
    ],
    [
      'copies beside what is there',
      '  - {target: "$.paths[\'/some-items\']", copy: "$.paths[\'/items\']"}',
      ({ paths }) => Object.keys(paths['/some-items']!),
      ['delete', 'get'],
    ],
    [
      'moves, in three actions',
      [
        '  - {target: $.paths, update: {/new: {}}}',
        '  - {target: "$.paths[\'/new\']", copy: "$.paths[\'/some-items\']"}',
        '  - {target: "$.paths[\'/some-items\']", remove: true}',
      ].join('\n'),
      ({ paths }) => [Object.keys(paths), paths['/new']],
      [['/items', '/new'], { delete: { summary: 'clears' } }],
    ],
    [
      'works on what the one before it left',
      [
        '  - {target: $.paths, remove: true}',
        '  - {target: $, update: {paths: {/only: {get: {}}}}}',
        '  - {target: $.paths.*.get, update: {summary: s}}',
      ].join('\n'),
      ({ paths }) => paths,
      { '/only': { get: { summary: 's' } } },
    ],
    [
      'copies what it finds, not what becomes of it',
      [
        '  - {target: "$.paths[\'/some-items\']", copy: "$.paths[\'/items\']"}',
        '  - {target: "$.paths[\'/items\'].get", update: {summary: later}}',
      ].join('\n'),
      ({ paths }) => paths['/some-items']!['get']!['summary'],
      'lists',
    ],
  ]
  for (const [says, text, of, want] of cases) {
    it(says, () => assert.deepEqual(of(applied(actions(text))), want))
  }

  it('is the same in 1.0, for objects and lists', () => {
    const text =
      '  - {target: $.paths.*.get.tags, update: [new]}\n  - {target: $.info, update: {x: 1}}'
    assert.deepEqual(apply(actions(text, '1.0.0')).value, apply(actions(text)).value)
  })
})

describe('what is refused, and where', () => {
  const cases: [says: string, text: string, want: RegExp][] = [
    ['no overlay', 'openapi: 3.1.0', /^o.yaml:1:1 this is no overlay/],
    [
      'another version',
      actions('  - {target: $}', '2.0.0'),
      /^o.yaml:1:1 Overlay "2.0.0" is not read/,
    ],
    [
      'a version that is a number',
      head('1.0'),
      /Overlay 1 is not read: write 1.0.0 or 1.1.0, as a string/,
    ],
    ['no info', 'overlay: 1.0.0\nactions: [{target: $, remove: true}]', /`info` must be an object/],
    [
      'half an info',
      'overlay: 1.0.0\ninfo: {title: a}\nactions: [{target: $, update: {}}]',
      /^o.yaml:2:1 `version` is missing/,
    ],
    ['no actions', `${head('1.0.0')}actions: []`, /^o.yaml:3:1 `actions` must be a list/],
    ['an action that is none', actions('  - 1'), /^o.yaml:4:5 an action must be an object/],
    [
      'a key with a slip',
      actions('  - {target: $, updat: {}}'),
      /unknown key `updat`: did you mean `update`\?/,
    ],
    ['no target', actions('  - {update: {}}'), /^o.yaml:4:5 `target` is missing/],
    [
      'a target that is no text',
      actions('  - {target: [], update: {}}'),
      /`target` must be a string/,
    ],
    [
      'a target that is no query',
      actions('  - {target: $.paths./items, update: {}}'),
      /^o.yaml:4:6 not valid JSONPath at "\/items": .*stands in brackets/,
    ],
    ['no effect', actions('  - {target: $}'), /^o.yaml:4:5 this has no effect/],
    ['remove: false', actions('  - {target: $, remove: false}'), /this has no effect/],
    [
      'remove and update',
      actions('  - {target: $.info, remove: true, update: {}}'),
      /^o.yaml:4:36 `update` has no effect beside `remove`/,
    ],
    [
      'copy and update',
      actions('  - {target: $.info, copy: $.paths, update: {}}'),
      /`copy` has no effect beside `update`/,
    ],
    [
      'copy in 1.0',
      actions('  - {target: $.info, copy: $.paths}', '1.0.0'),
      /`copy` is of Overlay 1.1/,
    ],
    [
      'single values in 1.0',
      actions('  - {target: $.info.title, update: a}', '1.0.0'),
      /only Overlay 1.1 changes/,
    ],
    [
      'a target that is not there',
      actions('  - {target: $.path, update: {}}'),
      /^o.yaml:4:6 this selects nothing, so the action has no effect: there is no "path": did you mean "paths"\?/,
    ],
    [
      'a filter that nothing meets',
      actions('  - {target: "$.paths[?@.post]", update: {}}'),
      /^o.yaml:4:6 this selects nothing/,
    ],
    [
      'the whole document removed',
      actions('  - {target: $, remove: true}'),
      /whole document cannot be removed/,
    ],
    [
      'nodes of two kinds',
      actions('  - {target: "$.paths[\'/items\'].get.*", update: {}}'),
      /selects a single value and a list/,
    ],
    [
      'a copy of nothing',
      actions('  - {target: $.info, copy: $.none}'),
      /^o.yaml:4:22 this selects nothing: it must select one node/,
    ],
    ['a copy of several', actions('  - {target: $.info, copy: $.paths.*}'), /selects 2 nodes/],
    [
      'an object into a value',
      actions('  - target: $.info\n    update:\n      title: {}'),
      /^o.yaml:6:7 an object cannot be merged with a single value/,
    ],
    [
      'a list into the document',
      actions('  - {target: $, update: []}'),
      /^o.yaml:4:17 a list cannot be merged with an object/,
    ],
  ]
  for (const [says, text, want] of cases) {
    it(says, () => assert.match(problemsOf(apply(text))[0] ?? 'nothing', want))
  }
})

describe('where a value stands afterwards', () => {
  const located = apply(
    actions(
      [
        '  - target: $.paths.*.get',
        '    update:',
        '      summary: replaced',
        '      x-new: {deep: 1}',
        '  - {target: "$.paths[\'/some-items\']", copy: "$.paths[\'/items\']"}',
        '  - {target: "$.paths[\'/items\'].get.tags[0]", remove: true}',
      ].join('\n'),
    ),
  )
  const cases: [pointer: string, at: string][] = [
    ['/info', 'c.yaml:2:1'],
    ['/paths/~1items/get/summary', 'o.yaml:6:7'],
    ['/paths/~1items/get/x-new/deep', 'o.yaml:7:15'],
    ['/paths/~1items/get/parameters/0/in', 'c.yaml:10:21'],
    ['/paths/~1items/get/tags/0', 'c.yaml:7:22'],
    ['/paths/~1some-items/get', 'o.yaml:8:40'],
    ['/paths/~1some-items/get/summary', 'o.yaml:8:40'],
    ['/paths/~1some-items/delete/summary', 'c.yaml:12:14'],
  ]
  for (const [pointer, at] of cases) {
    it(pointer, () => assert.equal(placeText(located.locate(pointer)), at))
  }
})

describe('a hostile overlay ends in a sentence', () => {
  const doubling = ['  - {target: $, update: {a: {x: {}}, b: {}}}']
  for (let i = 0; i < 60; i++) {
    doubling.push(`  - {target: $, update: {n${i}: {l: {}, r: {}}}}`)
    const from = i === 0 ? '$.paths' : `$.n${i - 1}`
    doubling.push(`  - {target: '$.n${i}["l","r"]', copy: '${from}'}`)
  }
  const deepening = ['  - {target: $, update: {a: {}}}']
  for (let i = 0; i < 20; i++) {
    deepening.push(`  - {target: $, update: {b${i}: {}}}`, `  - {target: $.b${i}, copy: $}`)
  }
  const cases: [says: string, text: string, want: RegExp][] = [
    ['copies that double', actions(doubling.join('\n')), /add more than|too much work/],
    [
      'copies that nest',
      actions(deepening.join('\n')),
      /add more than|too much work|nested deeper/,
    ],
    [
      'a query of queries',
      actions('  - {target: "$..[?count($..*) > 0][?count($..*) > 0]", update: {}}'),
      /too much work/,
    ],
    [
      'a pattern without a linear way',
      actions(
        '  - {target: "$.paths[?search(@.get.summary, \'((a|aa){1,999}b?){1,999}\')]", update: {}}',
      ),
      /cannot be matched in linear time/,
    ],
  ]
  for (const [says, text, want] of cases) {
    it(says, () => {
      const budget = new Budget(3_000_000)
      const big = `${contract}components: {schemas: {${Array.from({ length: 2_000 }, (_, i) => `S${i}: {type: string}`).join(', ')}}}\n`
      assert.match(problemsOf(apply(text, budget, big)).join('\n'), want)
    })
  }

  it('and is not told about for ever', () => {
    const many = '  - {target: $.none, remove: true}\n'.repeat(1_000)
    assert.equal(apply(actions(many)).problems.length, 20)
  })
})
