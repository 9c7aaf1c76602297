// Exercises QuickJS: closures, classes, maps, regular expressions, sorting,
// strings, typed arrays, exceptions, JSON. `amount` says how much of it.
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

class Vector {
    constructor(x, y) { this.x = x; this.y = y; }
    plus(other) { return new Vector(this.x + other.x, this.y + other.y); }
    get length() { return Math.sqrt(this.x * this.x + this.y * this.y); }
}

function* squares(n) { for (let i = 0; i < n; i++) yield i * i; }

for (let round = 1; round <= amount; round++) {
    print("fib", fib(18 + round % 3));

    let v = new Vector(0, 0);
    for (let i = 0; i < 5000; i++) v = v.plus(new Vector(i % 3, i % 5));
    print("vector", v.length.toFixed(6));

    const counts = new Map();
    const text = "the quick brown fox jumps over the lazy dog ".repeat(50 + round);
    for (const word of text.match(/\w+/g)) counts.set(word, (counts.get(word) || 0) + 1);
    print("words", [...counts].sort().join(";"));

    let seed = round;
    const numbers = Array.from({ length: 3000 }, () => seed = (seed * 1103515245 + 12345) % 2147483648);
    numbers.sort((a, b) => a - b);
    print("sorted", numbers[0], numbers[1500], numbers[2999]);

    const sieve = new Uint8Array(20000);
    let primes = 0;
    for (let i = 2; i < sieve.length; i++) {
        if (sieve[i]) continue;
        primes++;
        for (let j = i * i; j < sieve.length; j += i) sieve[j] = 1;
    }
    print("primes", primes);

    let sum = 0;
    for (const square of squares(3000)) sum += square;
    print("generator", sum);

    let failures = 0;
    for (let i = 0; i < 1000; i++) {
        try {
            if (i % 3 === 0) throw new Error("third");
        } catch (error) {
            failures += error.message.length;
        }
    }
    print("exceptions", failures);

    const records = numbers.slice(0, 300).map((n, i) => ({ id: i, n, tags: ["a" + n % 7, "b" + n % 11] }));
    print("json", JSON.stringify(JSON.parse(JSON.stringify(records))).length);
}
