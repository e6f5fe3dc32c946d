/** HTTPS with a certificate of the lab. A line on stdin is answered with how many requests it has served. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createInterface } from 'node:readline';

const [port = '', cert = '', key = ''] = process.argv.slice(2);
let served = 0;

createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
  served += 1;
  response.end(`${request.headers.host ?? ''} at ${request.socket.localAddress ?? ''}\n`);
}).listen(Number(port), '::');
createInterface({ input: process.stdin })
  .on('line', () => console.log(JSON.stringify({ served })))
  .on('close', () => process.exit(0));
