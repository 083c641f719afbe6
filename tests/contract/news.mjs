// News as other systems hear of it: webhooks by the npm packages standardwebhooks and cloudevents.
//
//     npm install standardwebhooks cloudevents
//     BASE=http://127.0.0.1:8080 KEY=ak_… node tests/contract/news.mjs
//
// The server needs KONTOR_EGRESS_ALLOW=127.0.0.1/32.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { randomUUID } from 'node:crypto';

// Packages are those of the folder that this is started in.
const require = createRequire(process.cwd() + '/');
const { Webhook } = require('standardwebhooks');
const { HTTP } = require('cloudevents');

const { BASE, KEY } = process.env;
const COUNT = Number(process.env.COUNT ?? 200);
const mark = 'news' + randomUUID().slice(0, 8);
const got = [];

const receiver = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  got.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
  response.writeHead(204).end();
});
await new Promise((done) => receiver.listen(0, '127.0.0.1', done));

async function call(method, path, body) {
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
  const answer = await fetch(BASE + path, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  const text = await answer.text();
  return text ? JSON.parse(text).data : null;
}

const url = `http://127.0.0.1:${receiver.address().port}/news`;
const endpoint = await call('POST', '/v1/webhook_endpoints', { url, event_types: ['kontor.contact.created'] });
const wanted = Array.from({ length: COUNT }, (_, n) => `${mark}-${n}`);
for (const last_name of wanted) await call('POST', '/v1/contacts?allow_duplicates=true', { last_name });
for (let tries = 0; got.length < COUNT && tries < 1200; tries++) await new Promise((done) => setTimeout(done, 50));
await call('DELETE', `/v1/webhook_endpoints/${endpoint.id}`);

const names = new Set();
let refused = 0;
for (const { headers, body } of got) {
  new Webhook(endpoint.secret).verify(body, headers);
  try {
    new Webhook(endpoint.secret).verify(body.replace('created', 'deleted'), headers);
  } catch {
    refused++;
  }
  const event = HTTP.toEvent({ headers, body });
  event.validate();
  if (event.type !== 'kontor.contact.created') throw new Error(`unasked for: ${event.type}`);
  names.add(event.data.record.last_name);
}
const came = wanted.filter((name) => names.has(name)).length;
console.log(`standardwebhooks and cloudevents: ${came} of ${COUNT} verified and read, ${refused} forged refused`);
receiver.close();
process.exit(came === COUNT && refused === got.length ? 0 : 1);
