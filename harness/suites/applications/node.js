// What node programs ask a kernel for: an HTTP server and its clients, worker threads with shared memory, streams, children, the JIT.
'use strict';
const assert = require('assert');
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');

if (!isMainThread) {
  const cells = new Int32Array(workerData.cells);
  for (let i = 0; i < 10000; i++) Atomics.add(cells, 0, 1);
  if (workerData.number === 0) {
    while (Atomics.load(cells, 1) !== 1) Atomics.wait(cells, 1, 0, 100);
    parentPort.postMessage('woken');
  } else {
    let x = workerData.number;
    for (let i = 0; i < 3e6; i++) x = (x * 1103515245 + 12345) & 0x7fffffff;
    parentPort.postMessage(x);
  }
  return;
}

const http = require('http');
const fs = require('fs');
const os = require('os');
const path = require('path');
const zlib = require('zlib');
const crypto = require('crypto');
const net = require('net');
const { pipeline } = require('stream/promises');
const { spawn, execFileSync, fork } = require('child_process');

if (process.argv[2] === 'child') {
  process.on('message', (m) => process.send({ doubled: m * 2 }, () => process.disconnect()));
  return;
}

const hash = (data) => crypto.createHash('sha256').update(data).digest('hex').slice(0, 12);

function request(port, method, url, body, agent) {
  return new Promise((resolve, reject) => {
    const r = http.request({ host: '127.0.0.1', port, method, path: url, agent }, (answer) => {
      const parts = [];
      answer.on('data', (d) => parts.push(d));
      answer.on('end', () => resolve([answer.statusCode, Buffer.concat(parts)]));
    });
    r.on('error', reject);
    r.end(body);
  });
}

async function server(folder) {
  const big = Buffer.alloc(3000000, 'x');
  fs.writeFileSync(path.join(folder, 'big'), big);
  const s = http.createServer((q, r) => {
    if (q.url === '/big') return fs.createReadStream(path.join(folder, 'big')).pipe(r);
    if (q.url === '/missing') { r.statusCode = 404; return r.end('no'); }
    const h = crypto.createHash('sha256'); let n = 0;
    q.on('data', (d) => { n += d.length; h.update(d); });
    q.on('end', () => r.end(JSON.stringify({ n, hash: h.digest('hex').slice(0, 12) })));
  });
  await new Promise((listening) => s.listen(0, '127.0.0.1', listening));
  const { port } = s.address();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 20 });
  console.log('post', String((await request(port, 'POST', '/', Buffer.alloc(1000000, 'y'), agent))[1]));
  const [status, body] = await request(port, 'GET', '/big', undefined, agent);
  console.log('get', status, body.length, hash(body));
  console.log('missing', (await request(port, 'GET', '/missing', undefined, agent)).map(String).join(' '));
  const many = await Promise.all([...Array(300).keys()].map((i) => request(port, 'POST', '/', 'z'.repeat(i), agent)));
  console.log('many', many.length, hash(many.map((a) => String(a[1])).join()));
  agent.destroy();
  await new Promise((closed) => s.close(closed));
}

async function workers() {
  const cells = new SharedArrayBuffer(8);
  const answers = [...Array(4).keys()].map((number) => new Promise((resolve, reject) => {
    const w = new Worker(__filename, { workerData: { cells, number } });
    w.on('message', resolve); w.on('error', reject);
  }));
  const others = await Promise.all(answers.slice(1));
  Atomics.store(new Int32Array(cells), 1, 1); Atomics.notify(new Int32Array(cells), 1);
  console.log('workers', await answers[0], others.join(' '), new Int32Array(cells)[0]);
}

async function children(folder) {
  console.log('exec', String(execFileSync('sh', ['-c', 'echo $0 $1', 'a', 'b'])).trim());
  const child = spawn('sort', ['-n']); let out = '';
  child.stdout.on('data', (d) => { out += d; });
  child.stdin.end([...Array(2000).keys()].reverse().join('\n'));
  const code = await new Promise((closed) => child.on('close', closed));
  console.log('spawn', code, out.split('\n').slice(0, 3).join(), hash(out));
  const other = fork(__filename, ['child']);
  other.send(21);
  console.log('fork', JSON.stringify(await new Promise((got) => other.on('message', got))), await new Promise((ended) => other.on('exit', ended)));
  const sleeper = spawn('sleep', ['60']);
  sleeper.kill('SIGTERM');
  console.log('killed', await new Promise((ended) => sleeper.on('exit', (c, signal) => ended(signal))));
}

async function files(folder) {
  const source = path.join(folder, 'big');
  await pipeline(fs.createReadStream(source), zlib.createGzip(), fs.createWriteStream(source + '.gz'));
  await pipeline(fs.createReadStream(source + '.gz'), zlib.createGunzip(), fs.createWriteStream(source + '.2'));
  assert(fs.readFileSync(source).equals(fs.readFileSync(source + '.2')));
  const seen = new Promise((resolve) => {
    const w = fs.watch(folder, (event, name) => { if (name === 'new') { w.close(); resolve(name); } });
  });
  fs.writeFileSync(path.join(folder, 'new'), 'n');
  console.log('watched', await seen);
  await fs.promises.rename(path.join(folder, 'new'), path.join(folder, 'renamed'));
  console.log('files', (await fs.promises.readdir(folder)).sort().join());
  console.log('scrypt', (await new Promise((done, fail) => crypto.scrypt('p', 's', 16, (e, k) => (e ? fail(e) : done(k))))).toString('hex'));
}

function sockets(folder) {
  return new Promise((resolve) => {
    const s = net.createServer((c) => c.end('over a path')).listen(path.join(folder, 'socket'), () => {
      let text = '';
      net.connect(path.join(folder, 'socket')).on('data', (d) => { text += d; }).on('end', () => { console.log('unix', text); s.close(resolve); });
    });
  });
}

function compiled() {
  const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));
  const table = {};
  for (let i = 0; i < 200000; i++) table['k' + (i % 5000)] = (table['k' + (i % 5000)] || 0) + i;
  console.log('compiled', fib(25), Object.values(table).reduce((a, b) => a + b, 0), /(a+)+b/.test('aaaaaaaaab'));
}

(async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'node-'));
  const timer = setInterval(() => {}, 10);
  await server(folder); await workers(); await children(folder); await files(folder); await sockets(folder); compiled();
  clearInterval(timer);
  process.on('exit', (c) => console.log('exit', c));
  process.on('SIGUSR2', () => { fs.rmSync(folder, { recursive: true }); process.exit(5); });
  process.kill(process.pid, 'SIGUSR2'); setTimeout(() => {}, 60000);
})();
