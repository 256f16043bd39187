// A receiver in Node with formidable: one file a request, stored once for each Idempotency-Key.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import https from 'node:https';
import formidable from 'formidable';

// [readme]
const store = process.env.STORE;
const limits = { maxFileSize: 1 << 30, allowEmptyFiles: true, minFileSize: 0 }; // 200 MiB and no empty file by default

async function upload(req) {
  const key = req.headers['idempotency-key'] ?? '';
  const [fields, { file: [file] = [] }] = await formidable({ uploadDir: store, ...limits }).parse(req);
  if (!file || !/^[0-9a-f-]{36}$/.test(key)) {
    if (file) await rm(file.filepath);
    return [400, { code: 1 }];
  }
  const stored = `${store}/${key}`;
  if (existsSync(stored)) {
    await rm(file.filepath); // the same key again gets the same reply
  } else {
    await sync(file.filepath);
    const sha256 = await digest(file.filepath);
    // First the ledger: a line that comes twice does no harm, a missing one would.
    await append(`${store}/ledger`, { key, fields, name: file.originalFilename, size: file.size, sha256 });
    await rename(file.filepath, stored);
    await sync(store);
  }
  return [200, { code: 0, sha256: await digest(stored) }];
}
// [readme]

async function digest(path) {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

async function sync(path) {
  const file = await open(path, 'r');
  await file.sync();
  await file.close();
}

async function append(path, entry) {
  const ledger = await open(path, 'a');
  await ledger.write(`${JSON.stringify(entry)}\n`);
  await ledger.sync();
  await ledger.close();
}

async function answer(req, res) {
  let status, body;
  try {
    [status, body] = await upload(req);
  } catch (error) {
    console.error(error);
    [status, body] = [error.httpCode ?? 500, { code: 2 }];
  }
  res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

const tls = { cert: await readFile(process.env.TLS_CERT), key: await readFile(process.env.TLS_KEY) };
https.createServer(tls, answer).listen(process.env.PORT, '127.0.0.1');
