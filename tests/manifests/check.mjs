// The manifests of packaging/kubernetes keep to the schemas of the API, and their command lines work as they are written: with the
// variables that Kubernetes sets, and with folders in the place of the volumes.
// usage: check.mjs ROOT SLUICE SLUICE-SINK
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';

const require = createRequire(import.meta.url);
// By path: the packages show only classes, whose validation passes over names that no schema has.
const schemas = {
  'batch/v1 Job': 'kubernetes-models/_schemas/IoK8sApiBatchV1Job.js',
  'apps/v1 Deployment': 'kubernetes-models/_schemas/IoK8sApiAppsV1Deployment.js',
  'apps/v1 StatefulSet': 'kubernetes-models/_schemas/IoK8sApiAppsV1StatefulSet.js',
  'v1 Service': 'kubernetes-models/_schemas/IoK8sApiCoreV1Service.js',
  'monitoring.coreos.com/v1 PodMonitor':
    '@kubernetes-models/prometheus-operator/_schemas/MonitoringCoreosComV1PodMonitor.js',
};

const [root, sluice, sink] = process.argv.slice(2);
const folder = join(root, 'packaging/kubernetes');
const room = mkdtempSync(join(tmpdir(), 'manifests-'));
process.on('exit', () => rmSync(room, { recursive: true, force: true }));

const manifests = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) =>
    parseAllDocuments(readFileSync(join(folder, name), 'utf8'), { strict: true }).map((document) => {
      assert.deepEqual(document.errors, [], name);
      return { name, object: document.toJS() };
    }),
  );
assert.ok(manifests.length >= 5);

// An object that notes which of its members nobody reads.
function watched(object, unread, path = '') {
  if (object === null || typeof object !== 'object') return object;
  const copy = Array.isArray(object) ? [] : {};
  for (const [name, value] of Object.entries(object)) {
    copy[name] = watched(value, unread, `${path}/${name}`);
    if (!Array.isArray(object)) unread.add(`${path}/${name}`);
  }
  return new Proxy(copy, {
    get(target, name) {
      unread.delete(`${path}/${String(name)}`);
      return target[name];
    },
  });
}

// What is wrong with a manifest. A validator reads each member that its schema has, so what it has not read is spelt wrong.
function wrongWith(object) {
  const what = `${object.apiVersion} ${object.kind}`;
  if (!schemas[what]) return [`no schema of ${what}`];
  const { validate } = require(
    join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, 'node_modules', schemas[what]),
  );
  const unread = new Set();
  const errors = validate(watched(object, unread))
    ? []
    : validate.errors.map((e) => `${e.instancePath} is no ${e.params.type ?? e.keyword}`);
  return errors.concat([...unread].map((name) => `${name} is no member of the schema`));
}

for (const { name, object } of manifests) assert.deepEqual(wrongWith(object), [], name);
const job = manifests.find(({ object }) => object.kind === 'Job').object;
assert.deepEqual(wrongWith({ ...job, spec: { ...job.spec, completions: 'four' } }), [
  '/spec/completions is no integer',
]);
assert.deepEqual(wrongWith({ ...job, spec: { ...job.spec, completion: 4 } }), [
  '/spec/completion is no member of the schema',
]);

const pods = manifests
  .filter(({ object }) => object.spec.template)
  .map(({ name, object }) => ({ name, kind: object.kind, of: object, spec: object.spec.template.spec }));
for (const { name, spec } of pods) {
  const sluiceContainer = spec.containers.find((c) => c.name === 'sluice');
  assert.ok(sluiceContainer, name);
  assert.equal(spec.securityContext.runAsNonRoot, true, name);
  assert.equal(sluiceContainer.securityContext.readOnlyRootFilesystem, true, name);
  assert.equal(sluiceContainer.securityContext.allowPrivilegeEscalation, false, name);
  assert.deepEqual(sluiceContainer.securityContext.capabilities.drop, ['ALL'], name);
  const volumes = spec.volumes.map((v) => v.name);
  for (const c of spec.containers)
    for (const m of c.volumeMounts) assert.ok(volumes.includes(m.name), `${name}: no volume ${m.name}`);
  const ports = (sluiceContainer.ports ?? []).map((p) => p.name);
  for (const probe of [sluiceContainer.readinessProbe, sluiceContainer.livenessProbe])
    if (probe) assert.ok(ports.includes(probe.httpGet.port), name);
}

const receiver = spawn(sink, ['--ledger', join(room, 'ledger'), '--tls-dir', join(room, 'tls')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
process.on('exit', () => receiver.kill('SIGKILL'));
let said = '';
receiver.stdout.on('data', (text) => (said += text));
while (!/^ready/m.test(said)) await wait(50);
const url = /^url (.*)$/m.exec(said)[1];
const ca = /^ca (.*)$/m.exec(said)[1];

const files = 60;
function fill(spool) {
  rmSync(spool, { recursive: true, force: true });
  mkdirSync(spool, { recursive: true });
  for (let n = 0; n < files; ++n) writeFileSync(join(spool, `f${n}`), `content ${n}`);
}
const shardOf = (path, of) =>
  Number((BigInt(`0x${createHash('sha256').update(path).digest('hex').slice(0, 8)}`) * BigInt(of)) >> 32n) + 1;
const mine = (k, of) =>
  Array.from({ length: files }, (_, n) => `f${n}`).filter((path) => shardOf(path, of) % of === k % of);

// The arguments of a container in the pod `index`: variables are put in as Kubernetes does it, and a path below a volume's mount is one below
// a folder of ours. Only the endpoint and where the page listens are others.
function commandOf({ spec }, index, port) {
  const container = spec.containers.find((c) => c.name === 'sluice');
  const variables = { JOB_COMPLETION_INDEX: String(index) };
  for (const { name, value, valueFrom } of container.env ?? []) {
    const field = valueFrom?.fieldRef.fieldPath;
    assert.ok(value || ['metadata.name', "metadata.labels['apps.kubernetes.io/pod-index']"].includes(field), field);
    variables[name] = value ?? (field === 'metadata.name' ? `pod-${index}-abcde` : String(index));
  }
  const below = (text) => {
    const mount = container.volumeMounts.find((m) => text.replace(/^@/, '').startsWith(m.mountPath));
    return mount ? text.replace(mount.mountPath, join(room, mount.name)) : text;
  };
  return container.args
    .map((text) => text.replace(/\$\((\w+)\)/g, (_, name) => variables[name] ?? assert.fail(`nothing sets ${name}`)))
    .map((text) => (text.startsWith('https://') ? url : text === '0.0.0.0:9180' ? `127.0.0.1:${port}` : below(text)))
    .concat('--cacert', ca);
}

function prepare() {
  fill(join(room, 'spool'));
  for (const name of ['reports', 'run', 'headers']) mkdirSync(join(room, name), { recursive: true });
  writeFileSync(join(room, 'headers', 'headers'), 'Authorization: Bearer secret\n', { mode: 0o600 });
}

const of4 = 4;
for (const pod of pods.filter(({ kind }) => kind === 'Job')) {
  prepare();
  assert.equal(pod.of.spec.completions, of4);
  for (let index = 0; index < of4; ++index) {
    const left = readdirSync(join(room, 'spool')).length;
    const done = spawnSync(sluice, commandOf(pod, index), { encoding: 'utf8' });
    assert.equal(done.status, 0, `${pod.name}: ${done.stderr}`);
    assert.equal(left - readdirSync(join(room, 'spool')).length, mine(index, of4).length);
  }
  assert.deepEqual(readdirSync(join(room, 'spool')), []);
  const summaries = readdirSync(join(room, 'reports')).map((name) => join(room, 'reports', name));
  assert.equal(summaries.length, of4);
  const sum = spawnSync(sluice, ['summary', ...summaries], { encoding: 'utf8' });
  assert.equal(sum.status, 0, sum.stderr);
  assert.equal(JSON.parse(sum.stdout).accepted, files);
}

const freePort = async () => {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
};
const statusOf = (port, path) =>
  new Promise((resolve) =>
    get({ host: '127.0.0.1', port, path, timeout: 2000 }, (r) => resolve(r.resume().statusCode)).on('error', () =>
      resolve(0),
    ),
  );

for (const pod of pods.filter(({ kind }) => kind !== 'Job')) {
  prepare();
  const shards = pod.kind === 'StatefulSet' ? pod.of.spec.replicas : 1;
  for (let index = 0; index < shards; ++index) {
    const port = await freePort();
    const before = readdirSync(join(room, 'spool')).length;
    const expected = shards === 1 ? files : mine(index, shards).length;
    const watch = spawn(sluice, commandOf(pod, index, port), { stdio: ['ignore', 'ignore', 'pipe'] });
    let told = '';
    watch.stderr.on('data', (text) => (told += text));
    for (let n = 0; n < 200 && before - readdirSync(join(room, 'spool')).length < expected; ++n) await wait(100);
    const container = pod.spec.containers.find((c) => c.name === 'sluice');
    for (const probe of [container.readinessProbe, container.livenessProbe])
      assert.equal(await statusOf(port, probe.httpGet.path), 200, `${pod.name}: ${probe.httpGet.path}: ${told}`);
    watch.kill('SIGTERM');
    const [code] = await once(watch, 'exit');
    assert.equal(code, 128 + 15, told);
    assert.equal(before - readdirSync(join(room, 'spool')).length, expected, `${pod.name}, ${index}: ${told}`);
  }
}
console.log(`${manifests.length} manifests keep to the schemas, and ${pods.length} command lines work`);
process.exit(0);
