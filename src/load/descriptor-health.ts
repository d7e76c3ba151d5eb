// The health service of gRPC (https://github.com/grpc/grpc/blob/master/doc/health-checking.md) for a
// contract that does not declare it: the gateway answers it itself. An overlay may take it out.

export const healthName = 'grpc.health.v1.Health'

const content = { 'application/grpc': {}, 'application/grpc+proto': {} }

const operation = (method: string, pattern: string, summary: string) => ({
  post: {
    operationId: `${healthName}.${method}`,
    summary,
    'x-grpc': { pattern, answeredBy: 'gateway' },
    requestBody: { required: true, content },
    responses: { '200': { description: 'Messages, and the status behind them.', content } },
  },
})

export const healthPaths = {
  [`/${healthName}/Check`]: operation('Check', 'unary', 'Whether a service is served.'),
  [`/${healthName}/Watch`]: operation(
    'Watch',
    'server-streaming',
    'The same, whenever it changes.',
  ),
}
