# Records made from a fixed seed, through JSON and back, and what is wrong with bad JSON.
import json
import random

rng = random.Random(1)
records = [
    {
        "id": i,
        "name": "".join(rng.choices("abcdefghij\u00e9\u20ac\U0001f600", k=8)),
        "score": rng.gauss(50, 20),
        "tags": rng.sample(["red", "green", "blue", "white"], rng.randrange(4)),
        "parent": rng.choice([None, True, False, {"id": i // 2}]),
    }
    for i in range(2000)
]
text = json.dumps(records, sort_keys=True)
assert json.loads(text) == records
assert json.loads(json.dumps(records, indent=2, ensure_ascii=False)) == records
print(len(text), text[:200])
print(json.dumps(records[7], indent=1, ensure_ascii=False))
print(sum(record["score"] for record in records))
for bad in ['{"a": 1,}', '[1, 2', '"\\x"', '{"a" 1}', "nul", "[1] 2", '"\ud800"', "1e999", "-", ""]:
    try:
        print(repr(bad), "is", json.loads(bad))
    except ValueError as error:
        print(repr(bad), "is bad:", error)
try:
    json.dumps({"a": {1, 2}})
except TypeError as error:
    print(error)
