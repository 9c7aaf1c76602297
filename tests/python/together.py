# Threads, queues, locks, signals, timers, pipes and sockets of this machine.
import concurrent.futures
import contextvars
import os
import queue
import select
import selectors
import signal
import socket
import threading
import time


def count(n):
    return sum(1 for k in range(2, n) if all(k % d for d in range(2, int(k**0.5) + 1)))


with concurrent.futures.ThreadPoolExecutor(4) as pool:
    print(list(pool.map(count, [500, 1000, 1500, 2000])))
    failed = pool.submit(lambda: 1 / 0)
    print(repr(failed.exception()))
total, lock, start = 0, threading.Lock(), threading.Barrier(5)


def add():
    global total
    start.wait()
    for _ in range(2000):
        with lock:
            total += 1


threads = [threading.Thread(target=add) for _ in range(5)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(total)
jobs, done = queue.PriorityQueue(), []


def consume():
    while (job := jobs.get())[1] is not None:
        done.append(job[1])
        jobs.task_done()


for i, job in enumerate([*"edcba", None]):
    jobs.put((ord(job) if job else 999, job))
thread = threading.Thread(target=consume)
thread.start()
thread.join()
print(done)
condition, ready = threading.Condition(), []


def wait():
    with condition:
        print(condition.wait_for(lambda: ready, timeout=10), ready)


thread = threading.Thread(target=wait)
thread.start()
with condition:
    ready.append("ready")
    condition.notify_all()
thread.join()
print(threading.Event().wait(0.01), lock.acquire(timeout=1), lock.acquire(timeout=0.01), contextvars.copy_context().run(lambda: "context"))

seen = []
signal.signal(signal.SIGUSR1, lambda number, frame: seen.append((signal.Signals(number).name, frame.f_code.co_name)))
signal.signal(signal.SIGALRM, lambda number, frame: seen.append(signal.Signals(number).name))
os.kill(os.getpid(), signal.SIGUSR1)
signal.raise_signal(signal.SIGUSR1)
signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
while seen.count("SIGALRM") < 3:
    signal.pause()
signal.setitimer(signal.ITIMER_REAL, 0)
print(seen[:2], signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1]), signal.getsignal(signal.SIGINT).__name__)
os.kill(os.getpid(), signal.SIGUSR1)
print(signal.sigpending(), signal.sigwait([signal.SIGUSR1]), len(seen) - seen.count("SIGALRM"))
signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TimeoutError("alarm")))
signal.setitimer(signal.ITIMER_REAL, 0.02)
try:
    time.sleep(10)
except TimeoutError as error:
    print(error)

reader, writer = os.pipe()
poll = select.poll()
poll.register(reader, select.POLLIN)
print(poll.poll(0), select.select([reader], [writer], [], 0)[1] == [writer])
os.write(writer, b"x")
print(poll.poll(0) == [(reader, select.POLLIN)], select.select([reader], [], [], 0)[0] == [reader])


def serve(listener):
    connection, _ = listener.accept()
    with connection:
        while data := connection.recv(4096):
            connection.sendall(data.upper())


with socket.create_server(("127.0.0.1", 0)) as listener:
    thread = threading.Thread(target=serve, args=(listener,))
    thread.start()
    with socket.create_connection(listener.getsockname(), timeout=10) as client:
        client.sendall(b"hello " * 1000)
        client.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: client.recv(1000), b""))
    thread.join()
print(len(received), received[:11])
left, right = socket.socketpair()
with selectors.DefaultSelector() as selector:
    selector.register(right, selectors.EVENT_READ, "right")
    left.send(b"datum")
    print([(key.data, events) for key, events in selector.select(5)], right.recv(10), type(selector).__name__)
left.close()
print(right.recv(10), socket.inet_pton(socket.AF_INET6, "::1").hex(), socket.htons(258))
begun = time.monotonic()
time.sleep(0.05)
print(time.monotonic() - begun >= 0.05, time.get_clock_info("monotonic").resolution, time.thread_time_ns() > 0)
