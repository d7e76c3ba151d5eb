// The closed set of words for what can be wrong with a value, each with what it means.

/** Words used by checks. */
export const schemaIssues = {
  invalid_type: 'the value has another JSON type than the schema allows',
  required: 'a required property is missing',
  unknown_property: 'the schema does not allow a property of this name',
  read_only: 'only the service sets this property: a request must not have it',
  write_only: 'this property is only ever sent to the service: a reply must not have it',
  invalid_property_name: 'the name of a property breaks the rule for names',
  forbidden: 'the schema allows no value here, or excludes this one',
  invalid_format: 'the text is not of the named format, or the number out of its range',
  pattern_mismatch: 'the text does not match the pattern',
  too_short: 'the text has fewer characters than the minimum',
  too_long: 'the text has more characters than the maximum',
  too_small: 'the number is below the minimum',
  too_large: 'the number is above the maximum',
  not_multiple: 'the number is no multiple of the given one',
  not_in_enum: 'the value is none of those listed',
  not_const: 'the value is not the only one allowed',
  too_few_items: 'the array has fewer items than the minimum',
  too_many_items: 'the array has more items than the maximum',
  duplicate_items: 'two items of the array are equal',
  too_few_matches: 'fewer items than the minimum match the schema under `contains`',
  too_many_matches: 'more items than the maximum match the schema under `contains`',
  too_few_properties: 'the object has fewer properties than the minimum',
  too_many_properties: 'the object has more properties than the maximum',
  no_match: 'the value matches none of the alternatives',
  several_match: 'the value matches more than one alternative where exactly one must match',
  too_deep: 'the value is nested deeper than can be checked',
  too_costly: 'checking the value would take too many steps',
} as const

export type SchemaIssue = keyof typeof schemaIssues

/** Words used by the JSON reader, each with what is said of the text. */
export const jsonIssues = {
  invalid_utf8: 'is not UTF-8',
  invalid_json: 'is not JSON (RFC 8259)',
  duplicate_key: 'has the same key twice in one object',
  lone_surrogate: 'has an escape that stands for half a character',
  number_out_of_range: 'has a number that is too large for a double',
  too_deep: 'nests arrays and objects deeper than the bound',
  too_many_values: 'has more values than the bound',
} as const

export type JsonIssue = keyof typeof jsonIssues
