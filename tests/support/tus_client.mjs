// Sends what comes on standard input with the real tus-js-client, and prints every request and the upload's address.
// node tus_client.mjs HOW WHERE TOKEN; HOW is `whole`, `interrupted` (and resumed) or `aborted` (and terminated).
import { Readable } from "node:stream";
import { Upload } from "tus-js-client";

const [how, endpoint, token] = process.argv.slice(2);
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const file = Buffer.concat(chunks);
const requests = [];

/** What both attempts have in common. */
const settings = (resolve, reject) => ({
  endpoint,
  chunkSize: how === "whole" ? 100_000 : Number.POSITIVE_INFINITY,
  retryDelays: [0, 50, 100, 200, 400, 800],
  headers: { authorization: `Bearer ${token}` },
  metadata: { filename: "../../my film.mp4", filetype: "video/mp4" },
  onAfterResponse: (request, response) => {
    const offset = Number(response.getHeader("upload-offset") ?? -1);
    requests.push({ method: request.getMethod(), status: response.getStatus(), offset });
  },
  onSuccess: resolve,
  onError: reject,
});

/** Reads the first half of `file` for the client; the rest never comes, so that no piece is ever whole. */
const halfReader = (stalled) => ({
  openFile: async () => ({
    size: file.length,
    slice: async (start, end) => {
      async function* half() {
        for (let at = start; at < file.length / 2; at += 65_536) yield file.subarray(at, at + 65_536);
        stalled();
        await new Promise(() => {});
      }
      return { value: Object.assign(Readable.from(half()), { size: end - start }), done: true };
    },
    close() {},
  }),
});

let url;
if (how === "whole") {
  await new Promise((resolve, reject) => {
    const upload = new Upload(file, { ...settings(resolve, reject), onUploadUrlAvailable: () => (url = upload.url) });
    upload.start();
  });
} else {
  // The line is cut in the middle of a piece.
  await new Promise((resolve, reject) => {
    const cut = () => {
      url = upload.url;
      upload.abort(how === "aborted").then(resolve, reject);
    };
    const upload = new Upload(file, { ...settings(resolve, reject), fileReader: halfReader(cut) });
    upload.start();
  });
  if (how === "interrupted") {
    await new Promise((resolve, reject) => {
      const upload = new Upload(file, { ...settings(resolve, reject), uploadUrl: url });
      upload.start();
    });
  }
}
console.log(JSON.stringify({ url, requests }));
