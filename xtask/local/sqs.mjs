// The SQS emulator with the queues of Marquee, for development and tests. Nothing is kept when it stops.
//
//   node xtask/local/sqs.mjs [--port 4566] [--visibility-timeout 30] [--max-receives 5] [--with-parent]
//
// Listens on 127.0.0.1 only; port 0 takes a free one. Once ready it prints one line of JSON:
// {"endpoint_url", "queue_url", "dead_letter_queue_url"}. With --with-parent it stops when its standard input
// closes, so that whoever started it cannot leave it behind.

import { parseArgs } from "node:util";
import { buildApp } from "fauxqs";

const HOST = "127.0.0.1";

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "4566" },
    "visibility-timeout": { type: "string", default: "30" },
    "max-receives": { type: "string", default: "5" },
    "with-parent": { type: "boolean", default: false },
  },
});

// Not its own `startFauxqs`: that binds every interface. And a store without a host name, so that a queue's URL
// says 127.0.0.1 like the endpoint, and not sqs.us-east-1.localhost, which need not resolve.
const { SqsStore } = await import(new URL("./sqs/sqsStore.js", import.meta.resolve("fauxqs")));
const app = buildApp({ logger: false, stores: { sqsStore: Object.assign(new SqsStore(), { host: "" }) } });
const stop = () => app.close().finally(() => process.exit(0));
process.on("SIGINT", stop);
process.on("SIGTERM", stop);
if (options["with-parent"]) process.stdin.on("end", stop).resume();

try {
  await app.listen({ host: HOST, port: Number(options.port) });
} catch (error) {
  console.error(`the SQS emulator cannot listen on ${HOST}:${options.port}: ${error.message}`);
  process.exit(1);
}
const endpoint = `http://${HOST}:${app.server.address().port}`;

const dead = await createQueue("marquee-hits-dlq", { MessageRetentionPeriod: "1209600" });
const queue = await createQueue("marquee-hits", {
  VisibilityTimeout: options["visibility-timeout"],
  MessageRetentionPeriod: "1209600",
  RedrivePolicy: JSON.stringify({
    deadLetterTargetArn: "arn:aws:sqs:us-east-1:000000000000:marquee-hits-dlq",
    maxReceiveCount: Number(options["max-receives"]),
  }),
});
console.log(JSON.stringify({ endpoint_url: endpoint, queue_url: queue, dead_letter_queue_url: dead }));

async function createQueue(QueueName, Attributes) {
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.CreateQueue" },
    body: JSON.stringify({ QueueName, Attributes }),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(`creating ${QueueName}: ${body.message}`);
  return body.QueueUrl;
}
