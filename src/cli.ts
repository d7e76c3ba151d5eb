// cli: the command line, one file a command. Nothing a command needs is loaded before it is chosen,
// for the time from Enter to the first request served is what people meet first.
export { main } from './cli/main.ts'
