// Descriptor sets for tests, as protoc and buf write them, made without either.
import { create, toBinary } from '@bufbuild/protobuf'
import { FieldDescriptorProto_Label, FieldDescriptorProto_Type } from '@bufbuild/protobuf/wkt'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import type { MessageInitShape } from '@bufbuild/protobuf'

export type SetInit = MessageInitShape<typeof FileDescriptorSetSchema>
export type FileInit = Extract<NonNullable<SetInit['file']>[number], { readonly $typeName?: never }>

export const setBytes = (file: NonNullable<SetInit['file']>): Uint8Array =>
  toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file }))

const text = {
  name: 'text',
  number: 1,
  type: FieldDescriptorProto_Type.STRING,
  label: FieldDescriptorProto_Label.OPTIONAL,
}

const method = (name: string, clientStreaming: boolean, serverStreaming: boolean) => ({
  name,
  inputType: '.chat.v1.Message',
  outputType: '.chat.v1.Message',
  clientStreaming,
  serverStreaming,
})

/** One service with a method of each pattern. */
export const chatFile = {
  name: 'chat/v1/chat.proto',
  package: 'chat.v1',
  syntax: 'proto3',
  messageType: [{ name: 'Message', field: [text] }],
  service: [
    {
      name: 'Chat',
      method: [
        method('Send', false, false),
        method('Collect', true, false),
        method('Follow', false, true),
        { ...method('Talk', true, true), options: { deprecated: true } },
      ],
    },
  ],
  sourceCodeInfo: {
    location: [
      { path: [3, 0], span: [2, 0, 30] },
      { path: [6, 0], span: [8, 0, 13, 1] },
      { path: [6, 0, 2, 0], span: [9, 2, 40], leadingComments: ' Sends a message.\n Once.\n' },
      { path: [6, 0, 2, 3], span: [12, 2, 40] },
    ],
  },
} satisfies FileInit
