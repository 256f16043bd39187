// Reads the forms of encode_forms with busboy, a parser nobody here wrote, and compares what it found with what was asked for.
// Usage: node check_forms.mjs ENCODE_FORMS
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

const { default: busboy } = await import('busboy').catch((error) => {
  console.error(`busboy is not installed in tests/interop (${error.code}): ./dev test runs npm ci`);
  process.exit(1);
});

const bytes = (base64) => Buffer.from(base64, 'base64').toString('latin1');

// WHATWG HTML, "multipart/form-data encoding algorithm": three bytes of a name are escaped, no other. Nobody decodes
// them again: to a receiver, a"b.jpg and a%22b.jpg are one name.
const escaped = (name) => name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

// Where busboy departs from WHATWG. It reads a parameter as an RFC 9110 quoted-string, so a backslash escapes a
// backslash or the closing quote, though not any other byte.
const asBusboyReads = (name) => escaped(name).replaceAll('\\\\', '\\');
const endsInEscape = (name) => /(^|[^\\])(\\\\)*\\$/.test(name);
const hasControls = (name) => /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(name);

function parse(form) {
  return new Promise((resolve) => {
    const found = { fields: [], files: [] };
    const parser = busboy({
      headers: { 'content-type': `multipart/form-data; boundary=${form.boundary}` },
      preservePath: true, // the raw name, not its last component
      defParamCharset: 'latin1', // one character a byte
      defCharset: 'latin1',
    });
    parser.on('field', (name, value) => found.fields.push([name, value]));
    parser.on('file', (name, stream, { filename, mimeType }) => {
      const file = { name, filename, type: mimeType, chunks: [] };
      found.files.push(file);
      stream.on('data', (chunk) => file.chunks.push(chunk)).on('error', () => {});
    });
    parser.on('error', (error) => resolve({ error: error.message }));
    parser.on('finish', () => resolve(found));
    parser.end(Buffer.from(form.body, 'base64'));
  });
}

function expected(form) {
  const filename = bytes(form.filename);
  // Refused as a whole, never misread: a server answers 4xx and the file stays.
  if (hasControls(filename)) return { error: 'Malformed part header' };
  const fields = form.fields.map(([name, value]) => [asBusboyReads(bytes(name)) || undefined, bytes(value)]);
  // The closing quote is taken as escaped, so the head is malformed and its part left out: the form has no file.
  if (endsInEscape(escaped(filename))) return { fields, files: [] };
  // An empty file name is none, and a part without one is a field unless its type is application/octet-stream.
  if (filename === '') return { fields: [...fields, [bytes(form.name), bytes(form.file)]], files: [] };
  return {
    fields,
    files: [
      {
        name: asBusboyReads(bytes(form.name)),
        filename: asBusboyReads(filename),
        type: form.type,
        bytes: bytes(form.file),
      },
    ],
  };
}

async function check(form) {
  assert.equal(Buffer.from(form.body, 'base64').length, form.content_length, 'Content-Length is not exact');
  const found = await parse(form);
  if (found.files) {
    found.files = found.files.map(({ chunks, ...file }) => ({
      ...file,
      bytes: Buffer.concat(chunks).toString('latin1'),
    }));
  }
  assert.deepEqual(found, expected(form));
}

const lines = execFileSync(process.argv[2], { maxBuffer: 64 << 20, encoding: 'utf8' })
  .trimEnd()
  .split('\n');
let failures = 0;
for (const form of lines.map((line) => JSON.parse(line))) {
  try {
    await check(form);
  } catch (error) {
    failures += 1;
    console.error(`${form.title}: ${error.message}\n`);
  }
}
assert.ok(lines.length >= 30, `only ${lines.length} forms came out of the encoder`);
console.log(`${lines.length - failures} of ${lines.length} forms were read as expected`);
process.exitCode = failures ? 1 : 0;
