# Files and directories: made, read, written, mapped, listed, removed.
import errno
import fcntl
import filecmp
import fnmatch
import glob
import io
import mmap
import os
import pathlib
import shutil
import stat
import tempfile

root = pathlib.Path("tree")
for name in ("a/b/c.txt", "a/d.txt", "e.dat", "ü/ß.txt"):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(name * 100 + "\n", encoding="utf-8")
(root / "link").symlink_to("a/d.txt")
(root / "away").symlink_to("nothing")
os.link(root / "e.dat", root / "hard")
os.chmod(root / "e.dat", 0o640)
os.utime(root / "a/d.txt", ns=(10**18 + 1, 10**18 + 2))
for directory, directories, names in os.walk(root):
    directories.sort()
    print(directory, directories, sorted(names))
print(sorted(map(str, root.rglob("*.txt"))), sorted(glob.glob("tree/**/[ad]*", recursive=True)), fnmatch.filter(os.listdir(root), "?.*"))
status = (root / "link").stat()
print(status.st_size, status.st_mtime_ns, stat.filemode((root / "link").lstat().st_mode), stat.filemode((root / "e.dat").stat().st_mode))
print((root / "hard").samefile(root / "e.dat"), (root / "e.dat").stat().st_nlink, os.readlink(root / "away"), (root / "away").exists())
print(sorted((entry.name, entry.is_file(), entry.is_symlink()) for entry in os.scandir(root)))
with open(root / "e.dat", "r+b") as file:
    with mmap.mmap(file.fileno(), 0) as mapped:
        print(len(mapped), mapped[:5], mapped.find(b"t", 9), mapped.rfind(b"e"))
        mapped[0:5] = b"E.DAT"
        mapped.flush()
    file.seek(0)
    print(file.read(10), file.tell(), os.pread(file.fileno(), 4, 6), file.seekable(), file.isatty())
    file.truncate(8)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.lockf(file, fcntl.LOCK_UN)
with open(root / "text", "w+", newline="\r\n", encoding="utf-16") as file:
    print("one\ntwo\x85three", file=file)
    file.seek(0)
    print(file.readlines(), file.newlines, (root / "text").read_bytes())
with open(root / "lines", "x", buffering=1) as file:
    file.writelines(f"{i}\n" for i in range(20000))
with open(root / "lines") as file:
    print(sum(map(int, file)), next(iter(file), None), io.open(root / "lines").read(9).split())
shutil.copytree(root / "a", root / "copy")
print(filecmp.dircmp(root / "a", root / "copy").same_files, os.path.getsize(root / "copy/b/c.txt"))
os.replace(root / "copy/d.txt", root / "moved")
shutil.move(root / "ü", root / "copy")
print(sorted(os.listdir(root / "copy")), sorted(os.listdir(os.fsencode(root / "copy"))))
here = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
print(os.stat("moved", dir_fd=here).st_size, sorted(os.listdir(here)))
os.mkdir("below", dir_fd=here)
os.rmdir("below", dir_fd=here)
os.close(here)
with tempfile.TemporaryDirectory(dir=".") as name, tempfile.NamedTemporaryFile(dir=name) as file:
    file.write(b"x" * 10)
    file.flush()
    print(os.path.getsize(file.name), len(os.listdir(name)))
for act in (
    lambda: open("nothing"),
    lambda: os.mkdir(root),
    lambda: os.rmdir(root),
    lambda: os.listdir(root / "e.dat"),
    lambda: open(root),
    lambda: os.unlink(root),
    lambda: os.rename("nothing", "other"),
    lambda: os.stat("x" * 300),
    lambda: os.symlink("a", root / "link"),
    lambda: os.close(99),
    lambda: open("a\0b"),
):
    try:
        act()
    except (OSError, ValueError) as error:
        print(type(error).__name__, errno.errorcode.get(getattr(error, "errno", None)), error)
shutil.rmtree(root / "copy")
reader, writer = os.pipe()
os.write(writer, b"through a pipe")
os.set_blocking(reader, False)
print(os.read(reader, 100), os.get_inheritable(reader))
try:
    os.read(reader, 1)
except BlockingIOError as error:
    print(error)
