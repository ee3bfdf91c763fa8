"""What Python programs ask a kernel for: sqlite3 on a file, asyncio with sockets and children, threads and processes that share memory."""

import asyncio
import concurrent.futures
import hashlib
import mmap
import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from multiprocessing import shared_memory


def database(folder: str) -> None:
    path = os.path.join(folder, "data.db")
    with sqlite3.connect(path) as db:
        print("journal", db.execute("pragma journal_mode=wal").fetchone()[0])
        db.execute("create table t (id integer primary key, name text, weight real)")
        numbers = random.Random(1)
        db.executemany("insert into t values (?, ?, ?)", ((i, f"n{i % 97}", numbers.random()) for i in range(20000)))
        db.execute("create index by_name on t (name)")
    with sqlite3.connect(path) as db:
        print("rows", db.execute("select count(*), round(sum(weight), 6) from t").fetchone())
        print("best", db.execute("select name, round(max(weight), 6) m from t group by name order by m desc limit 3").fetchall())
        print("check", db.execute("pragma integrity_check").fetchone()[0])

    def writer(number: int) -> None:
        connection = sqlite3.connect(path, timeout=60)
        for i in range(50):
            with connection:
                connection.execute("insert into t (name, weight) values (?, ?)", (f"w{number}", i))
        connection.close()

    writers = [multiprocessing.Process(target=writer, args=(n,)) for n in range(4)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    with sqlite3.connect(path) as db:
        print("written", db.execute("select name, count(*), sum(weight) from t where name like 'w%' group by name").fetchall())
    other = sqlite3.connect(path)
    other.execute("begin immediate")
    try:
        sqlite3.connect(path, timeout=0.05).execute("begin immediate")
    except sqlite3.OperationalError as error:
        print("locked:", error)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def talk(open_connection, number: int) -> str:
    reader, writer = await open_connection()
    block = bytes([number]) * 100_000
    digest = hashlib.sha256()

    async def send() -> None:
        for _ in range(5):
            writer.write(block)
            await writer.drain()
        writer.write_eof()

    async def receive() -> None:
        while data := await reader.read(65536):
            digest.update(data)

    await asyncio.gather(send(), receive())
    writer.close()
    return digest.hexdigest()[:8]


async def event_loop(folder: str) -> None:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    answers = await asyncio.gather(*(talk(lambda: asyncio.open_connection("127.0.0.1", port), n) for n in range(20)))
    print("tcp", hashlib.sha256("".join(answers).encode()).hexdigest()[:16])
    server.close()
    path = os.path.join(folder, "socket")
    server = await asyncio.start_unix_server(echo, path)
    answers = await asyncio.gather(*(talk(lambda: asyncio.open_unix_connection(path), n) for n in range(20)))
    print("unix", hashlib.sha256("".join(answers).encode()).hexdigest()[:16])
    server.close()

    children = [await asyncio.create_subprocess_exec("sh", "-c", f"cat; exit {n}", stdin=-1, stdout=-1) for n in range(5)]
    outputs = await asyncio.gather(*(child.communicate(str(n).encode() * 50000) for n, child in enumerate(children)))
    print("children", [(len(out), child.returncode) for (out, _), child in zip(outputs, children)])
    try:
        await asyncio.wait_for(asyncio.sleep(30), 0.05)
    except asyncio.TimeoutError:
        print("timed out")
    caught = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, caught.set)
    os.kill(os.getpid(), signal.SIGUSR1)
    await asyncio.wait_for(caught.wait(), 30)
    loop = asyncio.get_running_loop()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        print("threads", sum(await asyncio.gather(*(loop.run_in_executor(pool, pow, 3, n, 1009) for n in range(100)))))


def square(n: int) -> int:
    return n * n


def sharing() -> None:
    with multiprocessing.Pool(4) as pool:
        print("pool", sum(pool.map(square, range(2000))))
    memory = shared_memory.SharedMemory(create=True, size=4096)
    lock, counter = multiprocessing.Lock(), multiprocessing.Value("i", 0, lock=False)

    def work() -> None:
        for _ in range(500):
            with lock:
                counter.value += 1
        memory.buf[os.getppid() % 7] = 1

    workers = [multiprocessing.Process(target=work) for _ in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    print("shared", counter.value, sum(memory.buf[:8]), [each.exitcode for each in workers])
    memory.close()
    memory.unlink()
    total, guard = [0], threading.Lock()

    def add() -> None:
        for _ in range(2000):
            with guard:
                total[0] += 1

    threads = [threading.Thread(target=add) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    print("threads", total[0])


def files(folder: str) -> None:
    path = os.path.join(folder, "mapped")
    with open(path, "wb+") as file:
        file.truncate(1 << 20)
        with mmap.mmap(file.fileno(), 0) as view:
            view[4096:4101] = b"hello"
            view.flush()
        file.seek(4096)
        print("mapped", file.read(5), os.fstat(file.fileno()).st_size)
    with tempfile.TemporaryDirectory(dir=folder) as inner:
        for n in range(50):
            with open(os.path.join(inner, f"f{n:02}"), "w") as file:
                file.write(str(n))
        print("listed", len(os.listdir(inner)), sum(entry.stat().st_size for entry in os.scandir(inner)))
    print("gone", os.path.exists(inner))
    code = "import sys; sys.stderr.write('to stderr'); sys.exit(3)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True)
    print("child", done.returncode, done.stderr)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    with tempfile.TemporaryDirectory() as where:
        database(where)
        asyncio.run(event_loop(where))
        sharing()
        files(where)
