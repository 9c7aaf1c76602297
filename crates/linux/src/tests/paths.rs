//! Paths: nothing outside the mounts is reachable, read-only is read-only.

use super::*;
use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    sync::atomic::{AtomicBool, Ordering},
};
use tempfile::TempDir;

const WRITE: i32 = libc::O_WRONLY;
const CREATE: i32 = libc::O_WRONLY | libc::O_CREAT;

/// `outside/secret` beside `inside`, which is mounted at `/`.
fn directories() -> (TempDir, Fixture) {
    let dir = tempfile::tempdir().unwrap();
    for name in ["inside", "inside/sub", "outside"] {
        fs::create_dir(dir.path().join(name)).unwrap();
    }
    fs::write(dir.path().join("outside/secret"), "secret").unwrap();
    fs::write(dir.path().join("inside/file"), "file").unwrap();
    fs::write(dir.path().join("inside/sub/deep"), "deep").unwrap();
    let fixture = Fixture::at(&dir.path().join("inside"));
    (dir, fixture)
}

#[test]
fn without_a_mount_there_is_nothing() {
    let mut f = Fixture::new(Mounts::new());
    for path in ["/etc/passwd", "etc/passwd", "../etc/passwd", "/proc/self/mem", "/dev/null", "/tmp"] {
        assert_eq!(f.open(path, libc::O_RDONLY), Err(Errno::NOENT), "{path}");
    }
    assert_eq!(f.open("/new", CREATE), Err(Errno::ROFS));
    let path = f.text("/");
    let fd = f.open("/", libc::O_RDONLY | libc::O_DIRECTORY).unwrap();
    let buffer = f.buffer(4096);
    let n = f.ok("getdents64", &[fd, buffer, 4096]);
    assert_eq!(names(&f.get(buffer, n as usize)), [".", ".."]);
    assert_eq!(f.ok("getdents64", &[fd, buffer, 4096]), 0);
    f.ok("stat", &[path, buffer]);
    f.ok("chdir", &[path]);
}

/// The names in getdents64 records.
pub(super) fn names(mut records: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    while !records.is_empty() {
        let size = usize::from(u16::from_ne_bytes([records[16], records[17]]));
        let name = records[19..size].split(|&b| b == 0).next().unwrap();
        names.push(String::from_utf8(name.to_vec()).unwrap());
        records = &records[size..];
    }
    names.sort();
    names
}

#[test]
fn class_24_dots_stay_at_the_root() {
    let (_dir, mut f) = directories();
    for path in ["/file", "/../file", "/../../../file", "../file", "sub/../file", "/sub/../../file", "./sub/.././file"]
    {
        assert_eq!(f.read_all(path).unwrap(), b"file", "{path}");
    }
    for path in ["/../outside/secret", "../outside/secret", "sub/../../outside/secret"] {
        assert_eq!(f.read_all(path), Err(Errno::NOENT), "{path}");
    }
    assert_eq!(f.read_all("file/../file"), Err(Errno::NOTDIR));
    assert_eq!(f.read_all("missing/../file"), Err(Errno::NOENT));
}

#[test]
fn class_24_links_mean_what_they_mean_in_the_sandbox() {
    let (dir, mut f) = directories();
    let link = |target: &str, name: &str| symlink(target, dir.path().join("inside").join(name)).unwrap();
    let secret = dir.path().join("outside/secret");
    link(secret.to_str().unwrap(), "absolute_out");
    link("../outside/secret", "relative_out");
    link("../../../../../../../../etc/passwd", "far_out");
    link("/file", "absolute_in");
    link("sub/../file", "relative_in");
    link("sub", "dir");
    link("dir/../../../sub/deep", "chain");
    link("loop_b", "loop_a");
    link("loop_a", "loop_b");
    link("/sub/", "dir_slash");
    for path in ["absolute_out", "relative_out", "far_out"] {
        assert_eq!(f.read_all(path), Err(Errno::NOENT), "{path}");
    }
    assert_eq!(f.read_all("absolute_in").unwrap(), b"file");
    assert_eq!(f.read_all("relative_in").unwrap(), b"file");
    assert_eq!(f.read_all("dir/deep").unwrap(), b"deep");
    assert_eq!(f.read_all("dir/../file").unwrap(), b"file");
    assert_eq!(f.read_all("chain").unwrap(), b"deep");
    assert_eq!(f.read_all("dir_slash/deep").unwrap(), b"deep");
    assert_eq!(f.read_all("loop_a"), Err(Errno::LOOP));
    assert_eq!(f.read_all("loop_a/x"), Err(Errno::LOOP));
    assert_eq!(f.open("absolute_in", libc::O_RDONLY | libc::O_NOFOLLOW), Err(Errno::LOOP));
    assert_eq!(f.open("absolute_in", CREATE | libc::O_EXCL), Err(Errno::EXIST));
    assert_eq!(f.open("absolute_in/", libc::O_RDONLY), Err(Errno::NOTDIR));

    // Created through a dangling link: in the sandbox, not where the host would.
    link("/sub/new", "dangling");
    f.open("dangling", CREATE).unwrap();
    assert!(dir.path().join("inside/sub/new").exists());

    let (path, buffer) = (f.text("relative_out"), f.buffer(64));
    assert_eq!(f.ok("readlink", &[path, buffer, 64]), 17);
    assert_eq!(f.get(buffer, 17), b"../outside/secret");
    assert_eq!(f.ok("readlink", &[path, buffer, 4]), 4);
}

/// Nor does the host look where a link leads for it: that may be a file system that does something then (autofs).
#[test]
fn class_24_no_link_is_followed_to_look_at_what_is_there() {
    let (dir, mut f) = directories();
    // Following a link changes its time of access.
    let link = dir.path().join("outside/link");
    symlink("../outside", &link).unwrap();
    let long_ago = rustix::fs::Timespec { tv_sec: 1, tv_nsec: 0 };
    let times = rustix::fs::Timestamps { last_access: long_ago, last_modification: long_ago };
    rustix::fs::utimensat(rustix::fs::CWD, &link, &times, rustix::fs::AtFlags::SYMLINK_NOFOLLOW).unwrap();
    symlink("../outside/link", dir.path().join("inside/out")).unwrap();
    let (path, buffer) = (f.text("out/secret"), f.buffer(144));
    for flags in [libc::O_RDONLY, libc::O_RDWR, libc::O_PATH, libc::O_DIRECTORY, CREATE] {
        assert_eq!(f.open("out/secret", flags), Err(Errno::NOENT), "{flags:#o}");
    }
    for name in ["stat", "lstat", "access", "chmod", "unlink", "truncate"] {
        f.fails(Errno::NOENT, name, &[path, if name == "stat" { buffer } else { 0 }]);
    }
    assert_eq!(fs::symlink_metadata(&link).unwrap().atime(), 1);
}

#[test]
fn class_24_mounts_nest_and_links_cross_them() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a", "a/data", "b"] {
        fs::create_dir(dir.path().join(name)).unwrap();
    }
    fs::write(dir.path().join("a/data/covered"), "covered").unwrap();
    fs::write(dir.path().join("a/file"), "of a").unwrap();
    fs::write(dir.path().join("b/file"), "of b").unwrap();
    symlink("/data/file", dir.path().join("a/to_b")).unwrap();
    symlink("../file", dir.path().join("b/to_a")).unwrap();
    let mut mounts = Mounts::new();
    mounts.add(b"/", &dir.path().join("a"), true).unwrap();
    mounts.add(b"/data", &dir.path().join("b"), false).unwrap();
    mounts.add(b"/x/y", &dir.path().join("b"), false).unwrap();
    let mut f = Fixture::new(mounts);
    assert_eq!(f.read_all("/data/file").unwrap(), b"of b");
    assert_eq!(f.read_all("/data/../file").unwrap(), b"of a");
    assert_eq!(f.read_all("/to_b").unwrap(), b"of b");
    assert_eq!(f.read_all("/data/to_a").unwrap(), b"of a");
    assert_eq!(f.read_all("/data/covered"), Err(Errno::NOENT));
    assert_eq!(f.read_all("/x/y/../../data/file").unwrap(), b"of b");
    // Writing through the link is writing in the read-only mount.
    assert_eq!(f.open("/to_b", WRITE), Err(Errno::ROFS));
    assert_eq!(f.open("/data/to_a", WRITE), Ok(3));
}

#[test]
fn class_24_read_only_is_read_only() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "file").unwrap();
    fs::create_dir(dir.path().join("sub")).unwrap();
    let mut mounts = Mounts::new();
    mounts.add(b"/ro", dir.path(), false).unwrap();
    mounts.add(b"/rw", dir.path(), true).unwrap();
    let mut f = Fixture::new(mounts);
    assert_eq!(f.read_all("/ro/file").unwrap(), b"file");
    for flags in [WRITE, libc::O_RDWR, CREATE, libc::O_TRUNC, WRITE | libc::O_APPEND, libc::O_RDONLY | libc::O_TRUNC] {
        assert_eq!(f.open("/ro/file", flags), Err(Errno::ROFS), "{flags:#o}");
    }
    assert_eq!(f.open("/ro/new", CREATE), Err(Errno::ROFS));
    assert_eq!(f.open("/ro/new", libc::O_CREAT), Err(Errno::ROFS));
    // Nothing would change.
    f.open("/ro/file", libc::O_RDONLY | libc::O_CREAT).unwrap();
    let (file, new, sub) = (f.text("/ro/file"), f.text("/ro/new"), f.text("/ro/sub"));
    let (rw_file, rw_new) = (f.text("/rw/file"), f.text("/rw/new"));
    f.fails(Errno::ROFS, "mkdir", &[new, 0o755]);
    f.fails(Errno::EXIST, "mkdir", &[sub, 0o755]);
    f.fails(Errno::ROFS, "rmdir", &[sub]);
    f.fails(Errno::ROFS, "unlink", &[file]);
    f.fails(Errno::ROFS, "rename", &[file, rw_new]);
    f.fails(Errno::ROFS, "rename", &[rw_file, new]);
    f.fails(Errno::ROFS, "link", &[file, rw_new]);
    f.fails(Errno::ROFS, "link", &[rw_file, new]);
    f.fails(Errno::ROFS, "symlink", &[file, new]);
    f.fails(Errno::ROFS, "chmod", &[file, 0o777]);
    f.fails(Errno::ROFS, "truncate", &[file, 0]);
    f.fails(Errno::ROFS, "utimensat", &[CWD, file, 0, 0]);
    f.fails(Errno::ROFS, "access", &[file, libc::W_OK as u64]);
    f.ok("access", &[file, libc::R_OK as u64]);
    let fd = f.open("/ro/file", libc::O_RDONLY).unwrap();
    f.fails(Errno::ROFS, "fchmod", &[fd, 0o777]);
    f.fails(Errno::ROFS, "ftruncate", &[fd, 0]);
    f.fails(Errno::ROFS, "utimensat", &[fd, 0, 0, 0]);
    f.fails(Errno::BADF, "write", &[fd, file, 1]);
    assert_eq!(fs::read(dir.path().join("file")).unwrap(), b"file");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
}

#[test]
fn class_24_nothing_moves_between_mounts() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "file").unwrap();
    let mut mounts = Mounts::new();
    mounts.add(b"/a", dir.path(), true).unwrap();
    mounts.add(b"/b", dir.path(), true).unwrap();
    let mut f = Fixture::new(mounts);
    let (from, to, beside) = (f.text("/a/file"), f.text("/b/other"), f.text("/a/other"));
    f.fails(Errno::XDEV, "rename", &[from, to]);
    f.fails(Errno::XDEV, "link", &[from, to]);
    f.ok("link", &[from, beside]);
    f.ok("rename", &[from, beside]); // two names of one file: nothing happens
    f.ok("unlink", &[from]);
    f.ok("rename", &[beside, from]);
    assert_eq!(f.read_all("/b/file").unwrap(), b"file");
}

#[test]
fn class_24_a_mount_is_not_uncovered() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("d/ro")).unwrap();
    fs::create_dir(dir.path().join("other")).unwrap();
    fs::write(dir.path().join("d/ro/secret"), "secret").unwrap();
    symlink("d", dir.path().join("to_d")).unwrap();
    let mut mounts = Mounts::new();
    mounts.add(b"/w", dir.path(), true).unwrap();
    mounts.add(b"/w/d/ro", &dir.path().join("d/ro"), false).unwrap();
    mounts.add(b"/w/missing/rw", &dir.path().join("other"), true).unwrap();
    let mut f = Fixture::new(mounts);
    let (d, other, free) = (f.text("/w/d"), f.text("/w/other"), f.text("/w/free"));
    let exchange = u64::from(rustix::fs::RenameFlags::EXCHANGE.bits());
    for path in ["/w/d", "/w/d/", "/w/./other/../d", "/w/to_d/../d", "/w", "/w/missing", "/w/missing/rw"] {
        let path = f.text(path);
        f.fails(Errno::BUSY, "rename", &[path, free]);
        f.fails(Errno::BUSY, "rename", &[other, path]);
        f.fails(Errno::BUSY, "renameat2", &[CWD, path, CWD, other, exchange]);
        f.fails(Errno::BUSY, "renameat2", &[CWD, other, CWD, path, exchange]);
        f.fails(Errno::BUSY, "rmdir", &[path]);
        f.fails(Errno::BUSY, "symlink", &[other, path]);
        f.fails(Errno::BUSY, "link", &[other, path]);
    }
    // A link is not what it leads to.
    let link = f.text("/w/to_d/");
    f.fails(Errno::NOTDIR, "rename", &[link, free]);
    f.fails(Errno::NOTDIR, "rename", &[other, link]);
    f.fails(Errno::NOTDIR, "rmdir", &[link]);
    // By a descriptor, too; and the mount itself is not writable.
    let (fd, name) = (f.open("/w", libc::O_RDONLY).unwrap(), f.text("d"));
    f.fails(Errno::BUSY, "renameat", &[fd, name, fd, free]);
    f.fails(Errno::BUSY, "unlinkat", &[fd, name, libc::AT_REMOVEDIR as u64]);
    f.fails(Errno::BUSY, "unlink", &[d]);
    let ro = f.text("/w/d/ro");
    f.fails(Errno::ROFS, "rename", &[ro, free]);
    assert_eq!(f.open("/w/d/ro/secret", WRITE), Err(Errno::ROFS));
    // What leads to no mount moves as ever.
    f.ok("rename", &[other, free]);
    assert_eq!(fs::read(dir.path().join("d/ro/secret")).unwrap(), b"secret");
}

#[test]
fn class_24_proc_and_devices_of_the_host_stay_out_of_reach() {
    let mut f = Fixture::at(Path::new("/"));
    let secret = tempfile::NamedTempFile::new().unwrap();
    use std::os::fd::AsRawFd;
    let fd = secret.as_file().as_raw_fd();
    let pid = std::process::id();
    for path in [
        "/proc/self/mem".to_owned(),
        "/proc/self/maps".to_owned(),
        format!("/proc/{pid}/mem"),
        "/proc/self/environ".to_owned(),
        "/proc/self/task/../mem".to_owned(),
        "/dev/mem".to_owned(),
        "/dev/kmsg".to_owned(),
        "/dev/port".to_owned(),
        "/dev/tty".to_owned(), // where the policy does not give it
    ] {
        for flags in [libc::O_RDONLY, libc::O_RDWR, libc::O_PATH] {
            let errno = f.open(&path, flags).unwrap_err();
            assert!([Errno::ACCESS, Errno::NOENT].contains(&errno), "{path}: {errno:?}");
        }
    }
    // Magic links lead nowhere.
    assert!(f.open(&format!("/proc/self/fd/{fd}/x"), libc::O_RDONLY).is_err());
    assert_eq!(f.open("/proc/self/root", libc::O_RDONLY | libc::O_DIRECTORY), Err(Errno::ACCESS));
    assert_eq!(f.read_all("/dev/null").unwrap(), b"");
    f.open("/dev/urandom", libc::O_RDONLY).unwrap();

    let mut mounts = Mounts::new();
    mounts.add(b"/p", Path::new("/proc"), true).unwrap();
    let mut f = Fixture::new(mounts);
    // Magic links of the process itself, then a plain file.
    let own = [("root", "/etc/passwd"), ("cwd", "/Cargo.toml"), ("exe", ""), ("mem", "")];
    let own = own.map(|(link, rest)| format!("/p/self/{link}{rest}"));
    for path in own.iter().map(String::as_str).chain(["/p/version"]) {
        assert!(f.open(path, libc::O_RDONLY).is_err(), "{path}");
    }
}

#[test]
fn class_24_devices_are_not_even_opened() {
    use rustix::fs::{CWD, FileType, Mode, inotify, makedev, mknodat};
    let (dir, mut f) = directories();
    for path in ["device", "sub/device"] {
        let node = dir.path().join("inside").join(path);
        // The kernel's messages: opening them does no harm.
        if mknodat(CWD, &node, FileType::CharacterDevice, Mode::from(0o666), makedev(1, 11)).is_err() {
            return; // that is for the superuser
        }
        let watch = inotify::init(inotify::CreateFlags::NONBLOCK).unwrap();
        inotify::add_watch(&watch, &node, inotify::WatchFlags::OPEN).unwrap();
        let mut events = [0; 256];
        for flags in [libc::O_RDONLY, libc::O_RDWR, libc::O_PATH, libc::O_RDONLY | libc::O_CREAT] {
            assert_eq!(f.open(path, flags), Err(Errno::ACCESS), "{path} {flags:o}");
            assert_eq!(rustix::io::read(&watch, &mut events), Err(Errno::AGAIN), "{path} {flags:o}");
        }
        if fs::File::open(&node).is_ok() {
            assert!(rustix::io::read(&watch, &mut events).is_ok(), "who opens it is seen");
        }
    }
}

/// Does something again and again for a while, in which another process exchanges two names.
fn while_exchanged(one: &Path, other: &Path, mut act: impl FnMut()) {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    /// Ends the exchange when the test fails, too.
    struct Stop<'a>(&'a AtomicBool);
    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap();
            }
        });
        let _stop = Stop(&stop);
        let deadline = std::time::Instant::now() + std::time::Duration::from_millis(400);
        while std::time::Instant::now() < deadline {
            act();
        }
    });
}

/// Between the look and the opening the file may become another one.
#[test]
fn class_24_a_device_in_the_place_of_a_file_is_closed_again() {
    use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
    let (dir, mut f) = directories();
    let [file, node] = ["file", "device"].map(|name| dir.path().join("inside").join(name));
    if mknodat(CWD, &node, FileType::CharacterDevice, Mode::from(0o666), makedev(1, 11)).is_err() {
        return; // as above
    }
    let (path, buffer, mut kinds) = (f.text("file"), f.buffer(144), Vec::new());
    while_exchanged(&file, &node, || {
        let Ok(fd) = f.call("open", &[path, libc::O_RDONLY as u64, 0]) else { return };
        f.ok("fstat", &[fd, buffer]);
        f.ok("close", &[fd]);
        kinds.push(f.get_u64(buffer + 24) as u32 & libc::S_IFMT);
    });
    assert!(!kinds.is_empty() && kinds.iter().all(|&kind| kind == libc::S_IFREG));
}

#[test]
fn a_link_to_a_directory_is_not_taken_for_it_by_what_changes_names() {
    let (dir, mut f) = directories();
    fs::create_dir(dir.path().join("inside/empty")).unwrap();
    symlink("empty", dir.path().join("inside/link")).unwrap();
    let [link, other, directory] = ["/link/", "/other", "/empty//"].map(|path| f.text(path));
    f.fails(Errno::NOTDIR, "rmdir", &[link]);
    f.fails(Errno::NOTDIR, "unlink", &[link]);
    f.fails(Errno::NOTDIR, "rename", &[link, other]);
    f.ok("rename", &[directory, other]);
    f.fails(Errno::NOTDIR, "rename", &[other, link]);
    f.ok("rename", &[other, directory]);
    f.ok("rmdir", &[directory]);
}

/// The directory may have become a link, which would tell whether a file outside is there and may be executed.
#[test]
fn class_24_changing_into_a_directory_follows_no_link_in_its_place() {
    let (dir, mut f) = directories();
    let [sub, link] = ["sub", "link"].map(|name| dir.path().join("inside").join(name));
    symlink("../outside/secret", &link).unwrap();
    let (path, mut outside) = (f.text("/sub"), false);
    while_exchanged(&sub, &link, || outside |= f.call("chdir", &[path]) == Err(Errno::ACCESS));
    assert!(!outside);
}

#[test]
fn class_24_a_directory_descriptor_does_not_uncover_what_a_mount_covers() {
    let (dir, _) = directories();
    let mut mounts = Mounts::new();
    mounts.add(b"/", &dir.path().join("inside"), true).unwrap();
    mounts.add(b"/sub", &dir.path().join("outside"), true).unwrap();
    let mut f = Fixture::new(mounts);
    let root = f.open("/", libc::O_RDONLY | libc::O_DIRECTORY).unwrap();
    let stat = f.buffer(144);
    for (path, result) in [("sub/secret", Ok(())), ("sub/deep", Err(Errno::NOENT)), ("./sub//deep", Err(Errno::NOENT))]
    {
        let text = f.text(path);
        for (name, arguments) in [("openat", [root, text, 0, 0]), ("newfstatat", [root, text, stat, 0])] {
            assert_eq!(f.call(name, &arguments).map(|_| ()), result, "{name} {path}");
        }
        f.ok("fchdir", &[root]);
        assert_eq!(f.read_all(path).map(|_| ()), result, "{path}");
    }
}

#[test]
fn class_24_nothing_is_seen_in_file_systems_of_the_kernel() {
    let mut f = Fixture::at(Path::new("/"));
    let buffer = f.buffer(256);
    for path in ["/proc/self", "/proc/self/exe", "/proc/self/fd/0", "/proc/self/", "/proc/1/../1/cwd", "/sys/kernel"] {
        let at = f.text(path);
        for flags in [libc::O_RDONLY, libc::O_RDWR, libc::O_PATH, libc::O_RDONLY | libc::O_NOFOLLOW] {
            assert_eq!(f.open(path, flags), Err(Errno::ACCESS), "{path}");
        }
        f.fails(Errno::ACCESS, "stat", &[at, buffer]);
        f.fails(Errno::ACCESS, "lstat", &[at, buffer]);
        f.fails(Errno::ACCESS, "statx", &[CWD, at, 0, 0x7ff, buffer]);
        f.fails(Errno::ACCESS, "readlink", &[at, buffer, 256]);
        f.fails(Errno::ACCESS, "access", &[at, 0]);
        f.fails(Errno::ACCESS, "chdir", &[at]);
        f.fails(Errno::ACCESS, "chmod", &[at, 0o777]);
        f.fails(Errno::ACCESS, "statfs", &[at, buffer]);
    }
    for path in ["/proc", "/sys"] {
        for flags in [libc::O_RDONLY, libc::O_PATH] {
            assert_eq!(f.open(path, flags | libc::O_DIRECTORY), Err(Errno::ACCESS), "{path}");
        }
        // The name itself is part of the root directory.
        let at = f.text(path);
        f.ok("stat", &[at, buffer]);
    }
    // Everything of other file systems is as it was.
    let at = f.text("/etc/passwd");
    f.ok("stat", &[at, buffer]);
    f.open("/etc/passwd", libc::O_RDONLY).unwrap();
}

#[test]
fn class_24_strange_paths() {
    let (_dir, mut f) = directories();
    assert_eq!(f.open("", libc::O_RDONLY), Err(Errno::NOENT));
    assert_eq!(f.open(&"x".repeat(300), libc::O_RDONLY), Err(Errno::NAMETOOLONG));
    assert_eq!(f.open(&"/x".repeat(3000), libc::O_RDONLY), Err(Errno::NAMETOOLONG));
    assert_eq!(f.open(&"./".repeat(2000), libc::O_RDONLY), Ok(3));
    assert_eq!(f.open("file/", libc::O_RDONLY), Err(Errno::NOTDIR));
    assert_eq!(f.open("file/x", libc::O_RDONLY), Err(Errno::NOTDIR));
    assert_eq!(f.open("new/", CREATE), Err(Errno::ISDIR));
    assert_eq!(f.open("sub", WRITE), Err(Errno::ISDIR));
    assert_eq!(f.open("file", libc::O_DIRECTORY), Err(Errno::NOTDIR));
    assert_eq!(f.open("file", 0o3), Err(Errno::INVAL));
    assert_eq!(f.open("sub", libc::O_TMPFILE | libc::O_RDWR), Err(Errno::INVAL));
    assert_eq!(f.open("file", 1 << 30), Err(Errno::INVAL));
    // No terminator before the end of the memory.
    let end = f.base() + SCRATCH + SCRATCH_SIZE;
    f.thread.process.sandbox.write(end - 4, b"file").unwrap();
    f.fails(Errno::FAULT, "open", &[end - 4, 0]);
    f.thread.process.sandbox.write(end - 5, b"file\0").unwrap();
    f.ok("open", &[end - 5, 0]);
    let path = f.text("sub/");
    f.fails(Errno::NOTEMPTY, "rmdir", &[path]);
}

#[test]
fn class_24_directory_descriptors() {
    let (_dir, mut f) = directories();
    let sub = f.open("sub", libc::O_RDONLY | libc::O_DIRECTORY).unwrap();
    let file = f.open("file", libc::O_RDONLY).unwrap();
    let (deep, up, absolute, empty) = (f.text("deep"), f.text("../../file"), f.text("/file"), f.text(""));
    let fd = f.ok("openat", &[sub, deep, 0]);
    f.ok("openat", &[sub, up, 0]);
    f.fails(Errno::NOTDIR, "openat", &[file, deep, 0]);
    f.ok("openat", &[file, absolute, 0]);
    f.fails(Errno::BADF, "openat", &[99, deep, 0]);
    f.ok("openat", &[99, absolute, 0]);
    let stat = f.buffer(144);
    f.fails(Errno::NOENT, "newfstatat", &[sub, empty, stat, 0]);
    f.ok("newfstatat", &[fd, empty, stat, libc::AT_EMPTY_PATH as u64]);
    assert_eq!(f.get_u64(stat + 48), 4);
    f.ok("newfstatat", &[CWD, empty, stat, libc::AT_EMPTY_PATH as u64]);
    f.fails(Errno::INVAL, "newfstatat", &[fd, empty, stat, 1 << 20]);
    f.fails(Errno::INVAL, "linkat", &[fd, empty, CWD, absolute, libc::AT_EMPTY_PATH as u64]);
    f.ok("fchdir", &[sub]);
    assert_eq!(f.read_all("deep").unwrap(), b"deep");
    f.fails(Errno::NOTDIR, "fchdir", &[fd]);
    let cwd = f.buffer(64);
    assert_eq!(f.ok("getcwd", &[cwd, 64]), 5);
    assert_eq!(f.get(cwd, 5), b"/sub\0");
    f.fails(Errno::RANGE, "getcwd", &[cwd, 4]);
    f.fails(Errno::ISDIR, "read", &[sub, cwd, 4]);
}

#[test]
fn without_a_look_a_directory_is_one_all_the_same() {
    let (dir, _) = directories();
    let mut mounts = Mounts::new();
    mounts.add(b"/", &dir.path().join("inside"), true).unwrap();
    mounts.without_devices();
    let mut f = Fixture::new(mounts);
    let sub = f.open("sub", libc::O_RDONLY).unwrap();
    let file = f.open("file", libc::O_RDONLY).unwrap();
    let (deep, up, buffer) = (f.text("deep"), f.text("../file"), f.buffer(4096));
    for path in [deep, up] {
        f.ok("openat", &[sub, path, 0]);
        f.fails(Errno::NOTDIR, "openat", &[file, path, 0]);
    }
    f.fails(Errno::ISDIR, "read", &[sub, buffer, 4]);
    let n = f.ok("getdents64", &[sub, buffer, 4096]);
    assert_eq!(names(&f.get(buffer, n as usize)), [".", "..", "deep"]);
    f.fails(Errno::NOTDIR, "getdents64", &[file, buffer, 4096]);
    f.fails(Errno::BADF, "write", &[sub, buffer, 4]);
    f.fails(Errno::INVAL, "ftruncate", &[sub, 0]);
    f.fails(Errno::ISDIR, "copy_file_range", &[sub, 0, file, 0, 4, 0]);
    f.fails(Errno::ISDIR, "copy_file_range", &[file, 0, sub, 0, 4, 0]);
    f.fails(Errno::NOTDIR, "fchdir", &[file]);
    f.ok("fchdir", &[sub]);
    assert_eq!(f.read_all("deep").unwrap(), b"deep");
    assert_eq!(f.open("deep", libc::O_RDONLY | libc::O_DIRECTORY), Err(Errno::NOTDIR));
    let map = [0, 4096, libc::PROT_READ as u64, libc::MAP_PRIVATE as u64];
    assert!(f.call("mmap", &[map, [file, 0, 0, 0]].concat()[..6]).is_ok());
    assert_eq!(f.call("mmap", &[map, [sub, 0, 0, 0]].concat()[..6]), Err(Errno::NODEV));
}

#[test]
fn class_24_a_directory_that_was_renamed_is_followed() {
    let (dir, mut f) = directories();
    let host = |name: &str| dir.path().join(name);
    symlink("deep", host("inside/sub/link")).unwrap();
    let fd = f.open("sub", libc::O_RDONLY | libc::O_DIRECTORY).unwrap();
    f.ok("fchdir", &[fd]);
    let (sub, moved) = (f.text("/sub"), f.text("/moved"));
    f.ok("rename", &[sub, moved]);
    // Another one of the same name.
    f.ok("mkdir", &[sub, 0o755]);
    fs::write(host("inside/sub/deep"), "another").unwrap();
    fs::write(host("inside/sub/other"), "other").unwrap();

    let buffer = f.buffer(64);
    for (path, contents) in
        [("deep", &b"deep"[..]), ("link", b"deep"), ("../file", b"file"), ("../sub/deep", b"another")]
    {
        assert_eq!(f.read_all(path).unwrap(), contents, "{path}");
        let path = f.text(path);
        let file = f.ok("openat", &[fd, path, 0]);
        let n = f.ok("read", &[file, buffer, 64]);
        assert_eq!(f.get(buffer, n as usize), contents);
        f.ok("close", &[file]);
    }
    assert_eq!(f.read_all("other"), Err(Errno::NOENT));
    let (new, stat) = (f.text("new"), f.buffer(144));
    f.ok("mkdirat", &[fd, new, 0o755]);
    assert!(host("inside/moved/new").is_dir());
    f.ok("newfstatat", &[fd, new, stat, 0]);
    assert_eq!(f.ok("getcwd", &[buffer, 64]), 7);
    assert_eq!(f.get(buffer, 7), b"/moved\0");
    f.ok("chdir", &[new]);
    fs::remove_dir(host("inside/moved/new")).unwrap();
    f.fails(Errno::NOENT, "getcwd", &[buffer, 64]);
    for path in ["deep", "../deep"] {
        assert_eq!(f.open(path, libc::O_RDONLY | libc::O_NOFOLLOW), Err(Errno::NOENT), "{path}");
    }
}

#[test]
fn a_directory_that_was_renamed_is_followed_where_the_mount_is_the_host_s_root() {
    let (dir, mut f) = (tempfile::tempdir().unwrap(), Fixture::at(Path::new("/")));
    fs::create_dir(dir.path().join("sub")).unwrap();
    fs::write(dir.path().join("file"), "file").unwrap();
    let sub = f.text(dir.path().join("sub").to_str().unwrap());
    f.ok("chdir", &[sub]);
    fs::rename(dir.path().join("sub"), dir.path().join("moved")).unwrap();
    assert_eq!(f.read_all("../file").unwrap(), b"file");
}

#[test]
fn class_24_a_directory_that_was_moved_away_leads_nowhere_else() {
    let (dir, mut f) = directories();
    let fd = f.open("sub", libc::O_RDONLY | libc::O_DIRECTORY).unwrap();
    f.ok("fchdir", &[fd]);
    fs::rename(dir.path().join("inside/sub"), dir.path().join("outside/sub")).unwrap();
    symlink("../secret", dir.path().join("outside/sub/link")).unwrap();
    for path in ["../secret", "../sub/deep", "./../secret", "link"] {
        assert_eq!(f.read_all(path), Err(Errno::NOENT), "{path}");
        let path = f.text(path);
        f.fails(Errno::NOENT, "openat", &[fd, path, 0]);
    }
    // Files in a directory that is open can be reached as long as it is, as anywhere.
    assert_eq!(f.read_all("deep").unwrap(), b"deep");
}

#[test]
fn the_working_directory_is_free_of_links() {
    let (dir, mut f) = directories();
    symlink("/sub", dir.path().join("inside/link")).unwrap();
    let (link, file, missing) = (f.text("link/."), f.text("/file"), f.text("/missing"));
    f.ok("chdir", &[link]);
    let cwd = f.buffer(64);
    assert_eq!(f.ok("getcwd", &[cwd, 64]), 5);
    assert_eq!(f.get(cwd, 5), b"/sub\0");
    f.fails(Errno::NOTDIR, "chdir", &[file]);
    f.fails(Errno::NOENT, "chdir", &[missing]);
}

#[test]
fn new_files_have_no_set_id_bits() {
    let (dir, mut f) = directories();
    let path = f.text("new");
    f.ok("open", &[path, CREATE as u64, 0o6777]);
    let mode = |name: &str| fs::metadata(dir.path().join("inside").join(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode("new"), 0o755);
    f.ok("chmod", &[path, 0o4711]);
    assert_eq!(mode("new"), 0o711);
    assert_eq!(f.ok("umask", &[0o077]), 0o022);
    let path = f.text("newdir");
    f.ok("mkdir", &[path, 0o777]);
    assert_eq!(mode("newdir"), 0o700);
    f.fails(Errno::PERM, "chown", &[path, 12345, 12345]);
    f.ok("chown", &[path, u64::MAX, rustix::process::getgid().as_raw().into()]);
}

#[test]
fn metadata_is_the_hosts() {
    let (dir, mut f) = directories();
    let (path, stat, statx) = (f.text("sub/deep"), f.buffer(144), f.buffer(256));
    f.ok("stat", &[path, stat]);
    f.ok("statx", &[CWD, path, 0, 0x7ff, statx]);
    let host = fs::metadata(dir.path().join("inside/sub/deep")).unwrap();
    assert_eq!(f.get_u64(stat + 8), host.ino());
    assert_eq!(f.get_u64(stat + 48), 4);
    assert_eq!(f.get_u64(stat + 88), host.mtime() as u64);
    assert_eq!(f.get_u64(statx + 32), host.ino());
    assert_eq!(f.get_u64(statx + 40), 4);
    assert_eq!(f.get_u64(statx + 112), host.mtime() as u64);
    assert_eq!(f.get(statx + 28, 2), (host.mode() as u16).to_ne_bytes());
    let times = f.put(&[1u64, 0, 2, 500].map(u64::to_ne_bytes).concat());
    f.ok("utimensat", &[CWD, path, times, 0]);
    let host = fs::metadata(dir.path().join("inside/sub/deep")).unwrap();
    assert_eq!((host.atime(), host.mtime(), host.mtime_nsec()), (1, 2, 500));
}

#[test]
fn listing_a_directory() {
    let (_dir, mut f) = directories();
    let fd = f.open("/", libc::O_RDONLY).unwrap();
    let buffer = f.buffer(4096);
    f.fails(Errno::INVAL, "getdents64", &[fd, buffer, 1]);
    let mut all = Vec::new();
    loop {
        // Too small for all of them at once.
        let n = f.ok("getdents64", &[fd, buffer, 64]);
        if n == 0 {
            break;
        }
        all.extend(f.get(buffer, n as usize));
    }
    assert_eq!(names(&all), [".", "..", "file", "sub"]);
}

#[test]
fn class_24_a_walk_survives_what_others_do_meanwhile() {
    let (dir, mut f) = directories();
    let (inside, outside) = (dir.path().join("inside"), dir.path().join("outside"));
    fs::create_dir(inside.join("real")).unwrap();
    fs::write(inside.join("real/secret"), "public").unwrap();
    symlink(&outside, inside.join("link")).unwrap();
    let mut seen = 0;
    // A directory, and a link that leads out of the mount.
    while_exchanged(&inside.join("real"), &inside.join("link"), || {
        for path in ["real/secret", "link/../real/secret", "real/../link/secret"] {
            if let Ok(bytes) = f.read_all(path) {
                assert_eq!(bytes, b"public");
                seen += 1;
            }
        }
    });
    assert!(seen > 0);
}

#[test]
fn class_24_what_is_held_by_its_path_is_not_open() {
    let (_dir, mut f) = directories();
    let (fd, buffer) = (f.open("file", libc::O_PATH).unwrap(), f.buffer(8));
    for (name, arguments) in [
        ("read", [fd, buffer, 4]),
        ("write", [fd, buffer, 4]),
        ("ftruncate", [fd, 0, 0]),
        ("fchmod", [fd, 0, 0]),
        ("fallocate", [fd, 0, 0]),
        ("ioctl", [fd, 0x541b, buffer]),
        ("fsync", [fd, 0, 0]),
    ] {
        let errno = f.call(name, &arguments).unwrap_err();
        assert!([Errno::BADF, Errno::INVAL].contains(&errno), "{name}: {errno:?}");
    }
    let stat = f.buffer(144);
    f.ok("fstat", &[fd, stat]);
    // It is a descriptor for names below it only if it is a directory.
    let name = f.text("x");
    f.fails(Errno::NOTDIR, "openat", &[fd, name, 0]);
}

#[test]
fn class_24_hard_links_and_modes_keep_to_their_mount() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["ro", "rw"] {
        fs::create_dir(dir.path().join(name)).unwrap();
    }
    fs::write(dir.path().join("ro/file"), "file").unwrap();
    symlink("/ro/file", dir.path().join("rw/link")).unwrap();
    let mut mounts = Mounts::new();
    mounts.add(b"/ro", &dir.path().join("ro"), false).unwrap();
    mounts.add(b"/rw", &dir.path().join("rw"), true).unwrap();
    let mut f = Fixture::new(mounts);
    let (file, link, new) = (f.text("/ro/file"), f.text("/rw/link"), f.text("/rw/new"));
    let follow = libc::AT_SYMLINK_FOLLOW as u64;
    f.fails(Errno::ROFS, "linkat", &[CWD, file, CWD, new, 0]);
    f.fails(Errno::ROFS, "linkat", &[CWD, link, CWD, new, follow]);
    // Through a link in a writable mount, too.
    f.fails(Errno::ROFS, "chmod", &[link, 0o777]);
    f.fails(Errno::ROFS, "utimensat", &[CWD, link, 0, 0]);
    f.fails(Errno::ROFS, "truncate", &[link, 0]);
    let (name, value) = (f.text("user.x"), f.text("1"));
    f.fails(Errno::ROFS, "setxattr", &[link, name, value, 1, 0]);
    assert_eq!(fs::metadata(dir.path().join("ro/file")).unwrap().nlink(), 1);
    // The link itself is where it lies.
    f.ok("linkat", &[CWD, link, CWD, new, 0]);
}
