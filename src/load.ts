// load: from files on the disk to located data. Control side only: a worker never loads it.
export { type Loaded, loadDocuments, type LoadOptions, type OverlayFile } from './load/documents.ts'
export { NamedFiles, type NamedText } from './load/named-files.ts'
export { type Located, parseLocated, utf8Text } from './load/text.ts'
