// A receiver in Node with multer: one file a request, stored once for each Idempotency-Key.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import https from 'node:https';
import express from 'express';
import multer from 'multer';

// [readme]
const store = process.env.STORE;
const upload = multer({ dest: store, defParamCharset: 'utf8' }); // writes each file under a random name
const app = express();

app.post('/upload', upload.single('file'), async (req, res) => {
  const key = req.get('Idempotency-Key') ?? '';
  if (!req.file || !/^[0-9a-f-]{36}$/.test(key)) {
    if (req.file) await rm(req.file.path);
    return res.status(400).json({ code: 1 });
  }
  const stored = `${store}/${key}`;
  const { path: part, originalname: name, size } = req.file;
  if (existsSync(stored)) {
    await rm(part); // the same key again gets the same reply
  } else {
    await sync(part);
    const sha256 = await digest(part);
    // First the ledger: a line that comes twice does no harm, a missing one would.
    await append(`${store}/ledger`, { key, fields: req.body, name, size, sha256 });
    await rename(part, stored);
    await sync(store);
  }
  res.json({ code: 0, sha256: await digest(stored) });
});
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

const tls = { cert: await readFile(process.env.TLS_CERT), key: await readFile(process.env.TLS_KEY) };
https.createServer(tls, app).listen(process.env.PORT, '127.0.0.1');
