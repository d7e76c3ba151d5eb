// The contracts of the protocol cases.
const info = { title: 'bench', version: '1.0.0' }
const done = { description: 'Done.' }

export const smallContract = (): object => ({
  openapi: '3.1.0',
  info,
  paths: {
    '/small': { get: { operationId: 'getSmall', responses: { '200': done } } },
    '/large': { get: { operationId: 'getLarge', responses: { '200': done } } },
  },
})

export const eventsContract = (): object => ({
  openapi: '3.1.0',
  info,
  paths: {
    '/live/events': {
      get: {
        operationId: 'watch',
        responses: { '200': { ...done, content: { 'text/event-stream': {} } } },
      },
    },
  },
})

export const socketContract = (): object => ({
  openapi: '3.1.0',
  info,
  paths: {
    '/live/socket': {
      get: {
        operationId: 'talk',
        'x-concordat': { policies: { websocket: {} } },
        responses: { '101': done },
      },
    },
  },
})
