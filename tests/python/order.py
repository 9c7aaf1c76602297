# Sorting, heaps, bisection, sets and dictionaries, generators, coroutines.
import asyncio
import bisect
import collections
import functools
import heapq
import itertools
import random

rng = random.Random(7)
numbers = [rng.randrange(10**6) for _ in range(50000)]
ordered = sorted(numbers)
assert ordered == sorted(reversed(ordered)) == list(heapq.merge(sorted(numbers[::2]), sorted(numbers[1::2])))
words = sorted(("".join(rng.choices("abc", k=4)) for _ in range(300)), key=lambda word: (word[1], -len(set(word))))
print(ordered[::5000], words[:8], bisect.bisect(ordered, 500000), heapq.nsmallest(3, numbers, key=lambda n: -n % 1000))
print(sorted([3, "a"], key=str), sorted("Zebra apple Mango".split(), key=str.casefold))
try:
    sorted([1, "a", None])
except TypeError as error:
    print(error)


def primes():
    found = {}
    for n in itertools.count(2):
        if n in found:
            for p in found.pop(n):
                found.setdefault(n + p, []).append(p)
        else:
            found[n * n] = [n]
            yield n


def averager():
    total, count, value = 0.0, 0, None
    try:
        while True:
            total, count = total + (yield value), count + 1
            value = total / count
    except GeneratorExit:
        print("closed after", count)
        raise


print(list(itertools.islice(primes(), 2000))[-3:])
average = averager()
next(average)
print([average.send(n) for n in (10, 20, 45)])
average.close()
print(list(itertools.groupby("aabbbc"))[0][0], list(itertools.pairwise("abcd")), list(itertools.combinations(range(4), 2)))
print(collections.Counter("abracadabra").most_common(2), collections.deque(range(10), 3), functools.reduce(lambda a, b: a * b, range(1, 20)))
print(dict.fromkeys("hello") | {"x": 1}, {1, 2, 3} ^ {3, 4}, frozenset([1]) < {1, 2}, [*range(10)][-2::-3])


@functools.lru_cache(maxsize=None)
def steps(n):
    return 0 if n == 1 else 1 + steps(n // 2 if n % 2 == 0 else 3 * n + 1)


print(max(range(1, 30000), key=steps), steps.cache_info())


async def worker(name, queue, log):
    while (item := await queue.get()) is not None:
        await asyncio.sleep(0)
        log.append((name, item))
    return name


async def main():
    queue, log = asyncio.Queue(2), []
    tasks = [asyncio.create_task(worker(name, queue, log)) for name in "ab"]
    for item in [*range(6), None, None]:
        await queue.put(item)
    print(await asyncio.gather(*tasks), sorted(item for _, item in log))
    try:
        await asyncio.wait_for(asyncio.sleep(60), 0.01)
    except TimeoutError:
        print("timed out")
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"hello\n")
    print(await reader.readline())
    writer.close()


async def upper(reader, writer):
    writer.write((await reader.readline()).upper())
    writer.close()


async def serve():
    global server
    server = await asyncio.start_server(upper, "127.0.0.1")
    async with server:
        await main()


asyncio.run(serve())
