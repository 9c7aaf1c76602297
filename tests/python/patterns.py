# Regular expressions: a tokenizer that reads a module of the library, and smaller things.
import collections
import inspect
import json.decoder
import re

TOKENS = re.compile(
    r"""(?P<comment>\#.*) | (?P<string>[rbf]*(?:'''(?:.|\n)*?'''|\"\"\"(?:.|\n)*?\"\"\"|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"))
      | (?P<number>\d[\w.]*) | (?P<name>[^\W\d]\w*) | (?P<space>\s+) | (?P<other>.)""",
    re.VERBOSE,
)
source = inspect.getsource(json.decoder)
counts = collections.Counter(match.lastgroup for match in TOKENS.finditer(source))
print(sorted(counts.items()))
assert "".join(match.group() for match in TOKENS.finditer(source)) == source
print(re.findall(r"(?<=def )(\w+)\((.*?)\)", source, re.DOTALL)[:5])
print(re.sub(r"\b(\w)(\w*)", lambda match: match[2] + match[1] + "ay", "the quick brown fox", count=3))
print(re.split(r"(\W+)", "one, two; three", maxsplit=1))
print(re.fullmatch(r"(a+)+b?", "a" * 20), re.search(r"(?i:STRASSE)|ß", "Straße"))
print(re.sub(r"(?P<year>\d+)-(?P<month>\d+)", r"\g<month>/\g<year>", "2024-07 and 1999-12"))
print(re.match(r"(?:(\w)(?=.*\1))*", "abcabc").span(), re.compile(r"(?>a+)b").search("aaab"))
for bad in ["(", "[z-a]", "(?P<a>.)(?P<a>.)", "*", r"(?<=a+)b", "a{3,1}"]:
    try:
        re.compile(bad)
    except re.error as error:
        print(bad, "at", error.pos, error)
