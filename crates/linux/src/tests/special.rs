//! File systems of our own: in memory, `/dev`, `/proc`.

use super::{paths::names, *};

/// A process with 64 KiB of memory at `/tmp`, `/dev` and `/proc`.
fn process() -> Fixture {
    let policy = Policy::new().memory("/tmp", 64 << 10).unwrap().devices(true).process_files(true);
    Fixture::with_policy(policy, Returns::Jump)
}

const NEW: i32 = libc::O_RDWR | libc::O_CREAT;

impl Fixture {
    fn path(&mut self, name: &str, path: &str, more: &[u64]) -> Outcome {
        let path = self.text(path);
        self.call(name, &[&[path], more].concat())
    }

    fn list(&mut self, path: &str) -> Vec<String> {
        let fd = self.open(path, libc::O_DIRECTORY).unwrap();
        let buffer = self.buffer(4096);
        let mut all = Vec::new();
        loop {
            let n = self.ok("getdents64", &[fd, buffer, 64]);
            if n == 0 {
                break;
            }
            all.extend(self.get(buffer, n as usize));
        }
        self.ok("close", &[fd]);
        names(&all).into_iter().filter(|name| !name.starts_with('.')).collect()
    }
}

#[test]
fn files_in_memory() {
    let mut f = process();
    let fd = f.open("/tmp/file", NEW).unwrap();
    let text = f.put(b"hello, world");
    f.ok("write", &[fd, text, 12]);
    assert_eq!(f.read_all("/tmp/file").unwrap(), b"hello, world", "with a position of its own");
    assert_eq!(f.open("/tmp/file", NEW | libc::O_EXCL), Err(Errno::EXIST));
    let fd = f.open("/tmp/file", libc::O_WRONLY | libc::O_APPEND).unwrap();
    f.ok("write", &[fd, text, 5]);
    assert_eq!(f.read_all("/tmp/file").unwrap(), b"hello, worldhello");
    f.open("/tmp/file", libc::O_WRONLY | libc::O_TRUNC).unwrap();
    assert_eq!(f.read_all("/tmp/file").unwrap(), b"");
    let stat = f.buffer(144);
    f.path("chmod", "/tmp/file", &[0o640]).unwrap();
    f.path("stat", "/tmp/file", &[stat]).unwrap();
    assert_eq!(f.get(stat + 24, 4), (libc::S_IFREG | 0o640).to_ne_bytes());
    // It can be mapped, and what one writes there the other reads.
    f.fails(Errno::ACCESS, "mmap", &[0, 4096, 3, libc::MAP_SHARED as u64, fd, 0]);
    let fd = f.open("/tmp/file", libc::O_RDWR).unwrap();
    f.ok("write", &[fd, text, 12]);
    let map = f.ok("mmap", &[0, 4096, 3, libc::MAP_SHARED as u64, fd, 0]);
    f.thread.process.sandbox.write(map, b"J").unwrap();
    assert_eq!(f.read_all("/tmp/file").unwrap(), b"Jello, world");
    let fd = f.open("/tmp/file", libc::O_RDONLY).unwrap();
    f.fails(Errno::INVAL, "ftruncate", &[fd, 0]);
}

#[test]
fn directories_and_links_in_memory() {
    let mut f = process();
    for name in ["/tmp/a", "/tmp/a/b", "/tmp/c"] {
        f.path("mkdir", name, &[0o755]).unwrap();
    }
    assert_eq!(f.path("mkdir", "/tmp/a", &[0o755]), Err(Errno::EXIST));
    assert_eq!(f.path("mkdir", "/tmp/x/y", &[0o755]), Err(Errno::NOENT));
    f.open("/tmp/a/b/file", NEW).unwrap();
    assert_eq!(f.path("rmdir", "/tmp/a/b", &[]), Err(Errno::NOTEMPTY));
    assert_eq!(f.path("unlink", "/tmp/a/b", &[]), Err(Errno::ISDIR));
    assert_eq!(f.path("rmdir", "/tmp/a/b/file", &[]), Err(Errno::NOTDIR));
    // A directory does not get into itself.
    let inner = f.text("/tmp/a/b/a");
    assert_eq!(f.path("rename", "/tmp/a", &[inner]), Err(Errno::INVAL));
    let target = f.text("/tmp/c");
    f.path("rename", "/tmp/a", &[target]).unwrap();
    assert_eq!(f.list("/tmp"), ["c"]);
    assert_eq!(f.read_all("/tmp/c/b/file").unwrap(), b"");
    let link = f.text("/tmp/link");
    f.path("symlink", "c/./b/../b/file", &[link]).unwrap();
    assert_eq!(f.read_all("/tmp/link").unwrap(), b"");
    assert_eq!(f.open("/tmp/link", libc::O_NOFOLLOW), Err(Errno::LOOP));
    let hard = f.text("/tmp/hard");
    f.path("link", "/tmp/c/b/file", &[hard]).unwrap();
    let stat = f.buffer(144);
    f.path("stat", "/tmp/hard", &[stat]).unwrap();
    assert_eq!(f.get_u64(stat + 16), 2);
    let other = f.text("/dev/other");
    assert_eq!(f.path("link", "/tmp/hard", &[other]), Err(Errno::ROFS));
    // Nothing is put into a directory that is gone.
    f.path("mkdir", "/tmp/gone", &[0o755]).unwrap();
    let gone = f.open("/tmp/gone", libc::O_DIRECTORY).unwrap();
    f.path("rmdir", "/tmp/gone", &[]).unwrap();
    let name = f.text("file");
    f.fails(Errno::NOENT, "openat", &[gone, name, NEW as u64, 0o644]);
    assert_eq!(f.path("mknod", "/tmp/fifo", &[(libc::S_IFIFO | 0o600).into(), 0]), Err(Errno::OPNOTSUPP));
}

#[test]
fn a_directory_in_memory_is_the_same_one_by_another_name() {
    let mut f = process();
    for name in ["/tmp/a", "/tmp/a/b", "/tmp/a/b/c", "/tmp/other"] {
        f.path("mkdir", name, &[0o755]).unwrap();
    }
    let file = f.open("/tmp/a/b/file", NEW).unwrap();
    let text = f.put(b"first");
    f.ok("write", &[file, text, 5]);
    let fd = f.open("/tmp/a/b", libc::O_DIRECTORY).unwrap();
    f.path("chdir", "/tmp/a/b/c", &[]).unwrap();
    let moved = f.text("/tmp/other/moved");
    f.path("rename", "/tmp/a", &[moved]).unwrap();
    // Others of the same names.
    for name in ["/tmp/a", "/tmp/a/b", "/tmp/a/b/c"] {
        f.path("mkdir", name, &[0o755]).unwrap();
    }
    f.open("/tmp/a/b/file", NEW).unwrap();

    assert_eq!(f.read_all("../file").unwrap(), b"first");
    assert_eq!(f.read_all("../../../moved/b/file").unwrap(), b"first");
    let buffer = f.buffer(64);
    assert_eq!(f.ok("getcwd", &[buffer, 64]), 21);
    assert_eq!(f.get(buffer, 21), b"/tmp/other/moved/b/c\0");
    let (name, up, new) = (f.text("file"), f.text("../b/file"), f.text("new"));
    for path in [name, up] {
        let file = f.ok("openat", &[fd, path, 0]);
        assert_eq!(f.ok("read", &[file, buffer, 64]), 5);
        f.ok("close", &[file]);
    }
    f.ok("mkdirat", &[fd, new, 0o755]);
    assert_eq!(f.list("/tmp/other/moved/b"), ["c", "file", "new"]);
    f.path("mkdir", "here", &[0o755]).unwrap();
    assert_eq!(f.list("/tmp/other/moved/b/c"), ["here"]);
    f.ok("fchdir", &[fd]);
    assert_eq!(f.ok("getcwd", &[buffer, 64]), 19);

    // One that is gone has no name, and nothing in it.
    f.path("chdir", "new", &[]).unwrap();
    f.path("rmdir", "/tmp/other/moved/b/new", &[]).unwrap();
    f.fails(Errno::NOENT, "getcwd", &[buffer, 64]);
    assert_eq!(f.path("mkdir", "inner", &[0o755]), Err(Errno::NOENT));
    assert_eq!(f.open("../file", 0), Err(Errno::NOENT));
    f.path("mkdir", "/tmp/other/moved/b/new", &[0o755]).unwrap();
    f.fails(Errno::NOENT, "getcwd", &[buffer, 64]);
}

#[test]
fn listing_goes_on_while_entries_go() {
    let mut f = process();
    for index in 0..40 {
        f.open(&format!("/tmp/{index}"), NEW).unwrap();
    }
    let (fd, buffer) = (f.open("/tmp", libc::O_DIRECTORY).unwrap(), f.buffer(256));
    loop {
        let n = f.ok("getdents64", &[fd, buffer, 128]);
        if n == 0 {
            break;
        }
        for name in names(&f.get(buffer, n as usize)).iter().filter(|name| !name.starts_with('.')) {
            f.path("unlink", &format!("/tmp/{name}"), &[]).unwrap();
        }
    }
    assert_eq!(f.list("/tmp"), [""; 0]);
}

#[test]
fn class_28_memory_has_a_limit() {
    let mut f = process();
    let fd = f.open("/tmp/file", NEW).unwrap();
    let page = f.put(&[1; 4096]);
    for _ in 0..16 {
        f.ok("write", &[fd, page, 4096]);
    }
    f.fails(Errno::NOSPC, "write", &[fd, page, 1]);
    f.fails(Errno::NOSPC, "pwrite64", &[fd, page, 1, 1 << 40]);
    f.fails(Errno::NOSPC, "ftruncate", &[fd, 1 << 30]);
    f.fails(Errno::NOSPC, "fallocate", &[fd, 0, 0, 1 << 20]);
    // More than any host has: nobody may look for it.
    f.fails(Errno::NOSPC, "fallocate", &[fd, 0, 0, 1 << 60]);
    f.fails(Errno::OPNOTSUPP, "fallocate", &[fd, 1, 0, 1 << 60]);
    f.ok("fallocate", &[fd, 0, 0, 4096]);
    let other = f.open("/tmp/other", NEW).unwrap();
    f.fails(Errno::NOSPC, "write", &[other, page, 1]);
    let stat = f.buffer(144);
    f.ok("fstat", &[fd, stat]);
    assert_eq!(f.get_u64(stat + 48), 64 << 10, "as large as before");
    f.ok("ftruncate", &[fd, 4096]);
    f.ok("write", &[other, page, 4096]);
    // What is gone gives its room back when the last descriptor does.
    f.path("unlink", "/tmp/file", &[]).unwrap();
    f.ok("close", &[fd]);
    f.ok("ftruncate", &[other, 64 << 10]);
}

#[test]
fn no_file_is_made_in_the_place_of_a_directory() {
    let mut f = process();
    for path in ["/tmp/new", "/tmp/new/"] {
        assert!(f.open(path, libc::O_RDONLY | libc::O_CREAT | libc::O_DIRECTORY).is_err());
        let path = f.text("/tmp/new");
        f.fails(Errno::NOENT, "access", &[path, 0]);
    }
}

#[test]
fn devices() {
    let mut f = process();
    assert_eq!(f.list("/dev"), ["fd", "full", "null", "random", "stderr", "stdin", "stdout", "urandom", "zero"]);
    let (buffer, stat) = (f.buffer(16), f.buffer(144));
    let open = |f: &mut Fixture, name: &str| f.open(name, libc::O_RDWR | libc::O_CREAT | libc::O_TRUNC).unwrap();
    let null = open(&mut f, "/dev/null");
    assert_eq!(f.ok("read", &[null, buffer, 16]), 0);
    assert_eq!(f.ok("write", &[null, buffer, 16]), 16);
    let full = open(&mut f, "/dev/full");
    f.fails(Errno::NOSPC, "write", &[full, buffer, 16]);
    let random = open(&mut f, "/dev/urandom");
    assert_eq!(f.ok("read", &[random, buffer, 16]), 16);
    assert_ne!(f.get(buffer, 16), [0; 16]);
    f.path("stat", "/dev/zero", &[stat]).unwrap();
    assert_eq!(f.get(stat + 24, 4), (libc::S_IFCHR | 0o666).to_ne_bytes());
    assert_eq!(f.path("unlink", "/dev/null", &[]), Err(Errno::ROFS));
    assert_eq!(f.path("chmod", "/dev/null", &[0]), Err(Errno::ROFS));
    assert_eq!(f.open("/dev/new", NEW), Err(Errno::ROFS));
    assert_eq!(f.open("/dev/tty", libc::O_RDWR), Err(Errno::NOENT));
    assert_eq!(f.path("mknod", "/tmp/null", &[(libc::S_IFCHR | 0o666).into(), 0x103]), Err(Errno::PERM));
}

#[test]
fn class_25_descriptors_by_their_names() {
    let mut f = process();
    let fd = f.open("/tmp/file", NEW).unwrap();
    let text = f.put(b"text");
    f.ok("write", &[fd, text, 4]);
    f.ok("lseek", &[fd, 0, 0]);
    // The same description, and only as it was opened.
    assert_eq!(f.read_all(&format!("/proc/self/fd/{fd}")).unwrap(), b"text");
    let link = format!("/dev/fd/{fd}");
    let (buffer, stat) = (f.buffer(64), f.buffer(144));
    assert_eq!(f.path("readlink", &link, &[buffer, 64]), Ok(9));
    assert_eq!(f.get(buffer, 9), b"/tmp/file");
    f.path("stat", &link, &[stat]).unwrap();
    assert_eq!(f.get(stat + 24, 4), (libc::S_IFREG | 0o644).to_ne_bytes());
    f.path("lstat", &link, &[stat]).unwrap();
    assert_eq!(f.get(stat + 24, 4), (libc::S_IFLNK | 0o700).to_ne_bytes());
    let reader = f.open("/tmp/file", libc::O_RDONLY).unwrap();
    assert_eq!(f.open(&format!("/proc/self/fd/{reader}"), libc::O_WRONLY), Err(Errno::ACCESS));
    let pair = f.buffer(8);
    f.ok("pipe", &[pair]);
    let pipe = f.get(pair, 1)[0];
    let n = f.path("readlink", &format!("/proc/self/fd/{pipe}"), &[buffer, 64]).unwrap();
    assert!(f.get(buffer, n as usize).starts_with(b"pipe:["));
    assert_eq!(f.list("/proc/self/fd").len(), 3 + 2 + 2 + 1);
    for name in ["99", "-1", "+0", "00", "x"] {
        assert_eq!(f.open(&format!("/proc/self/fd/{name}"), libc::O_RDONLY), Err(Errno::NOENT), "{name}");
    }
    // They do not lead on as directories.
    let tmp = f.open("/tmp", libc::O_DIRECTORY).unwrap();
    assert_eq!(f.open(&format!("/proc/self/fd/{tmp}/file"), libc::O_RDONLY), Err(Errno::NOTDIR));
}

#[test]
fn the_process_sees_itself() {
    let mut f = process();
    let maps = String::from_utf8(f.read_all("/proc/self/maps").unwrap()).unwrap();
    let scratch = f.base() + SCRATCH;
    assert!(maps.contains(&format!("{scratch:012x}-{:012x} rw-p", scratch + SCRATCH_SIZE)), "{maps}");
    for line in maps.lines() {
        let start = u64::from_str_radix(line.split('-').next().unwrap(), 16).unwrap();
        assert!(start > f.base(), "of the sandbox alone");
    }
    let stat = String::from_utf8(f.read_all("/proc/self/stat").unwrap()).unwrap();
    assert_eq!(stat.split(' ').count(), 52);
    let id = std::process::id();
    assert!(String::from_utf8(f.read_all(&format!("/proc/{id}/status")).unwrap()).unwrap().contains("Threads:\t1\n"));
    assert_eq!(f.open("/proc/self/maps", libc::O_RDWR), Err(Errno::ROFS));
    for name in ["/proc/1", "/proc/self/mem", "/proc/self/environ", "/proc/sys", "/sys"] {
        assert_eq!(f.open(name, libc::O_RDONLY), Err(Errno::NOENT), "{name}");
    }
}

// linux/openat2.h
const NO_XDEV: u64 = 1;
const NO_MAGIC: u64 = 2;
const NO_LINKS: u64 = 4;
const BENEATH: u64 = 8;
const IN_ROOT: u64 = 16;

#[test]
fn class_24_openat2_keeps_within_its_scope() {
    let mut f = process();
    f.path("mkdir", "/tmp/d", &[0o755]).unwrap();
    f.open("/tmp/d/file", NEW).unwrap();
    f.open("/tmp/outside", NEW).unwrap();
    for (target, name) in [("/tmp/outside", "/tmp/d/absolute"), ("../outside", "/tmp/d/up"), ("file", "/tmp/d/in")] {
        let name = f.text(name);
        f.path("symlink", target, &[name]).unwrap();
    }
    let dir = f.open("/tmp/d", libc::O_DIRECTORY).unwrap();
    let mut open = |path: &str, resolve: u64| {
        let how = f.put(&[0, 0, resolve].map(u64::to_ne_bytes).concat());
        let path = f.text(path);
        f.call("openat2", &[dir, path, how, 24]).map(|fd| f.ok("close", &[fd]))
    };
    assert_eq!(open("../outside", 0), Ok(0));
    assert_eq!(open("absolute", 0), Ok(0));
    for path in ["../outside", "absolute", "up", "/file"] {
        assert_eq!(open(path, BENEATH), Err(Errno::XDEV), "{path}");
    }
    assert_eq!(open("in", BENEATH), Ok(0));
    assert_eq!(open("in/../file", BENEATH), Err(Errno::NOTDIR));
    assert_eq!(open("in", NO_LINKS), Err(Errno::LOOP));
    assert_eq!(open("/file", IN_ROOT), Ok(0));
    assert_eq!(open("../../file", IN_ROOT), Ok(0));
    assert_eq!(open("absolute", IN_ROOT), Err(Errno::NOENT));
    assert_eq!(open("/dev/null", NO_XDEV), Err(Errno::XDEV));
    assert_eq!(open("/proc/self/fd/0", NO_MAGIC), Err(Errno::LOOP));
    assert_eq!(open("file", 1 << 20), Err(Errno::INVAL));
    assert_eq!(open("file", BENEATH | IN_ROOT), Err(Errno::INVAL));
    let how = f.put(&[0, 0, 0, 1].map(u64::to_ne_bytes).concat());
    let path = f.text("file");
    f.fails(Errno::TOOBIG, "openat2", &[dir, path, how, 32]);
    f.fails(Errno::TOOBIG, "openat2", &[dir, path, how, 1 << 20]);
    f.fails(Errno::INVAL, "openat2", &[dir, path, how, 16]);
}

#[test]
fn class_28_names_have_a_limit() {
    let mut f = process();
    assert_eq!(f.path("mkdir", &format!("/tmp/{}", "x".repeat(256)), &[0o755]), Err(Errno::NAMETOOLONG));
    let mut made = 0;
    let refused = loop {
        match f.path("mkdir", &format!("/tmp/{made}"), &[0o755]) {
            Ok(_) => made += 1,
            Err(errno) => break errno,
        }
    };
    assert_eq!(refused, Errno::NOSPC);
    assert!((4000..4096).contains(&made), "{made}");
    f.path("rmdir", "/tmp/0", &[]).unwrap();
    f.path("mkdir", "/tmp/again", &[0o755]).unwrap();
}

/// A tree as deep as there are nodes is walked, moved and dropped without
/// recursion on the host's stack.
#[test]
fn class_27_deep_trees() {
    let mut f = process();
    let (tmp, up) = (f.text("/tmp"), f.text("/tmp/inner"));
    f.ok("chdir", &[tmp]);
    let name = f.text("d");
    for _ in 0..500 {
        f.ok("mkdir", &[name, 0o755]);
        f.ok("chdir", &[name]);
    }
    f.ok("chdir", &[tmp]);
    f.ok("rename", &[name, up]);
    drop(f);
}
