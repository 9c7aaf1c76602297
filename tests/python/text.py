# Strings, formats, Unicode, codecs, and the formats of files that are text.
import argparse
import configparser
import csv
import difflib
import email.message
import html
import io
import string
import textwrap
import tomllib
import unicodedata
import xml.etree.ElementTree as ElementTree

for value in (0, -1, 255, 3.14159, 1e100, float("nan"), "text", None, [1, "a"], b"\0\xff"):
    print(f"{value!r:>12}|{value!s:<8.5}", end="|")
    try:
        print(f"{value:+012.3f}|{value:,}|{value:.3e}|{value:%}|{value:g}")
    except (TypeError, ValueError) as error:
        print(error)
print("%5.1f|%-8s|%08x|%+d|%r|%c|%%" % (3.14159, "left", 255, 7, "q", 0x263A))
print("{0[a]} {1.real} {2:{width}} {2!r:^10}".format({"a": 1}, 2 + 3j, "x", width=5), string.Template("$a ${b}").substitute(a=1, b=2))
print(textwrap.fill("The quick brown fox jumps over the lazy dog. " * 4, 40, initial_indent="* ", subsequent_indent="  "))
for character in "aÅß\u0301\u4e2d\u05d0½Ⅷ\U0001f600\u200d":
    print(ascii(character), unicodedata.name(character), unicodedata.category(character), unicodedata.bidirectional(character),
          unicodedata.numeric(character, None), ascii(unicodedata.normalize("NFKD", character)), ascii(character.upper()))
print(sum(chr(i).isidentifier() for i in range(0x110000)), "Straße".casefold(), "ǆ".title(), "İ".lower().encode())
text = "Grüße, мир, 世界, 🌍"
for codec in ("utf-8", "utf-16-be", "utf-32-le", "utf-7", "latin-1", "koi8-r", "gb18030", "shift_jis", "euc_kr", "big5", "idna", "punycode", "ascii"):
    data = text.encode(codec, "xmlcharrefreplace" if codec not in ("idna", "punycode") else "strict") if codec != "idna" else "grüße".encode(codec)
    print(codec, data, ascii(data.decode(codec)))
for bad in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xe4\xb8"):
    try:
        bad.decode()
    except UnicodeDecodeError as error:
        print(error, ascii(bad.decode(errors="replace")), ascii(bad.decode(errors="surrogateescape")))
rows = [["a", "b,c", 'd"e'], ["1", "", "x\ny"]]
out = io.StringIO()
csv.writer(out).writerows(rows)
assert list(csv.reader(io.StringIO(out.getvalue(), newline=""))) == rows
print(repr(out.getvalue()), csv.Sniffer().sniff("a;b;c\n1;2;3\n").delimiter)
config = configparser.ConfigParser()
config.read_string("[one]\nkey = value\npath = ${key}\n[two]\nx: 1\n")
print({name: dict(section) for name, section in config.items()})
print(tomllib.loads('a = [1, 2.5, 1979-05-27]\n[b.c]\nd = """x\ny"""\n'))
tree = ElementTree.fromstring("<r a='1'><b>t&amp;x</b><!-- c --><b n='2'/>tail</r>")
print([(e.tag, e.attrib, e.text, e.tail) for e in tree.iter()], ElementTree.tostring(tree), tree.find("b[@n='2']").attrib)
try:
    ElementTree.fromstring("<a><b></a>")
except ElementTree.ParseError as error:
    print(error)
print(html.escape("<a href='x'>&"), html.unescape("&eacute;&#x263a;&lt;&nosuch;"))
message = email.message.EmailMessage()
message["Subject"], message["To"] = "Grüße", "a@example.org"
message.set_content("Hello\n")
message.add_attachment(b"\0\1\2", maintype="application", subtype="octet-stream", filename="x")
message.set_boundary("boundary")
print(message)
print("\n".join(difflib.unified_diff("one two three".split(), "one 2 three four".split(), lineterm="")))
parser = argparse.ArgumentParser(prog="prog", description="What it does.")
parser.add_argument("file", nargs="*", help="files")
parser.add_argument("-n", "--number", type=int, choices=range(5), default=3, metavar="N")
print(parser.parse_args(["-n4", "x", "y"]))
parser.print_help()
parser.parse_args(["--number", "9"])
