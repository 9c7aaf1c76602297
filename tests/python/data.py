# Bytes: structures, arrays, pickles, hashes, compression, archives.
import array
import base64
import binascii
import bz2
import collections
import copy
import dataclasses
import datetime
import enum
import gzip
import hashlib
import hmac
import io
import os
import pickle
import random
import struct
import sys
import tarfile
import zipfile
import zlib

data = random.Random(3).randbytes(100000) + bytes(range(256)) * 1000
for name in sorted(hashlib.algorithms_available):
    if hashlib.new(name).digest_size:
        print(name, hashlib.new(name, data).hexdigest())
print(hashlib.shake_256(data).hexdigest(20), hmac.digest(b"key", data, "sha256").hex(), zlib.crc32(data), zlib.adler32(data), binascii.crc_hqx(data, 0))
print(hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 1000).hex(), hashlib.blake2b(data, key=b"k", digest_size=9, person=b"p").hexdigest())
print(struct.pack("<bhiqfd3s?", -1, -2, -3, -4, 1.5, 2.5, b"abc", True), struct.unpack(">HIQ", bytes(range(14))), struct.calcsize("@cxhxl"))
try:
    struct.pack("b", 300)
except struct.error as error:
    print(error)
numbers = array.array("d", (i / 3 for i in range(1000)))
view = memoryview(numbers).cast("B").cast("Q")
numbers.byteswap()
print(view[1], view[::100].tolist()[:3], array.array("u", "añ"), numbers.itemsize, sys.byteorder)


class Colour(enum.IntFlag):
    RED = enum.auto()
    GREEN = enum.auto()


@dataclasses.dataclass(order=True)
class Point:
    x: int
    y: float = 0.0
    colour: Colour = Colour.RED | Colour.GREEN
    more: list = dataclasses.field(default_factory=list, compare=False)


Pair = collections.namedtuple("Pair", "a b")
loop = [Point(1), Pair(b"x", {"k": frozenset([1, 2])}), datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone.utc), 2**100, 1.5j]
loop.append(loop)
for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
    for dumps, loads in ((pickle.dumps, pickle._loads), (pickle._dumps, pickle.loads)):
        again = loads(dumps(loop, protocol))
        assert again[:-1] == loop[:-1] and again[-1] is again
    print(protocol, len(pickle.dumps(loop, protocol)))
print(copy.deepcopy(loop)[0], dataclasses.replace(loop[0], x=5) > loop[0])
for compress, decompress in ((zlib.compress, zlib.decompress), (bz2.compress, bz2.decompress), (gzip.compress, gzip.decompress)):
    packed = compress(data)
    assert decompress(packed) == data
    print(compress.__module__, len(packed))
print(base64.b85encode(data[:30]), base64.b32encode(data[:9]), binascii.b2a_uu(data[:9]))
with zipfile.ZipFile("made.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr(zipfile.ZipInfo("a/b.txt"), "text " * 1000)
    archive.writestr(zipfile.ZipInfo("random"), data[:5000], zipfile.ZIP_BZIP2)
with zipfile.ZipFile("made.zip") as archive:
    print(archive.testzip(), [(entry.filename, entry.compress_size, entry.CRC) for entry in archive.infolist()])
with tarfile.open("made.tar.gz", "w:gz") as archive:
    entry = tarfile.TarInfo("dir/größe.txt")
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))
with tarfile.open("made.tar.gz") as archive:
    print([(entry.name, entry.size) for entry in archive], archive.extractfile("dir/größe.txt").read() == data)
# The time of day is in its header.
os.remove("made.tar.gz")
