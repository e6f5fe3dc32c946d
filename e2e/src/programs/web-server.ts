/** Answers every HTTP request with the Host it was asked for and the address it came to. */
import { createServer } from 'node:http';

const port = Number(process.argv[2]);

const server = createServer((request, response) => {
  response.end(`${request.headers.host ?? ''} at ${request.socket.localAddress ?? ''}\n`);
});
server.listen(port, '::');
process.once('SIGTERM', () => process.exit(0));
