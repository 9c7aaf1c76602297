//! Reading, writing, waiting.

use super::*;

fn with_file_and_returns(returns: Returns) -> (tempfile::TempDir, Fixture, u64) {
    let dir = tempfile::tempdir().unwrap();
    let mut mounts = Mounts::new();
    mounts.add(b"/", dir.path(), true).unwrap();
    let mut f = Fixture::with_returns(mounts, returns);
    let fd = f.open("file", libc::O_RDWR | libc::O_CREAT).unwrap();
    (dir, f, fd)
}

fn with_file() -> (tempfile::TempDir, Fixture, u64) {
    with_file_and_returns(Returns::Jump)
}

#[test]
fn what_is_written_is_read() {
    for returns in [Returns::Jump, Returns::Ret] {
        write_and_read(with_file_and_returns(returns));
    }
}

fn write_and_read((dir, mut f, fd): (tempfile::TempDir, Fixture, u64)) {
    let text = f.put(b"hello, world");
    assert_eq!(f.ok("write", &[fd, text, 12]), 12);
    assert_eq!(f.ok("lseek", &[fd, 7, libc::SEEK_SET as u64]), 7);
    let buffer = f.buffer(64);
    assert_eq!(f.ok("read", &[fd, buffer, 64]), 5);
    assert_eq!(f.get(buffer, 5), b"world");
    assert_eq!(f.ok("read", &[fd, buffer, 64]), 0);
    assert_eq!(f.ok("pread64", &[fd, buffer, 5, 0]), 5);
    assert_eq!(f.get(buffer, 5), b"hello");
    assert_eq!(f.ok("pwrite64", &[fd, text, 5, 7]), 5);
    assert_eq!(std::fs::read(dir.path().join("file")).unwrap(), b"hello, hello");
    f.ok("ftruncate", &[fd, 5]);
    assert_eq!(f.ok("lseek", &[fd, 0, libc::SEEK_END as u64]), 5);
    f.fails(Errno::INVAL, "lseek", &[fd, (-1i64) as u64, libc::SEEK_SET as u64]);
    f.fails(Errno::INVAL, "lseek", &[fd, 0, 99]);
    f.fails(Errno::INVAL, "pread64", &[fd, buffer, 5, (-1i64) as u64]);
    f.fails(Errno::INVAL, "ftruncate", &[fd, (-1i64) as u64]);
}

#[test]
fn vectors() {
    for returns in [Returns::Jump, Returns::Ret] {
        read_and_write_vectors(with_file_and_returns(returns));
    }
}

fn read_and_write_vectors((dir, mut f, fd): (tempfile::TempDir, Fixture, u64)) {
    let (a, b) = (f.put(b"one,"), f.put(b"two"));
    let vector = f.put(&[a, 4, 0, 0, b, 3].map(u64::to_ne_bytes).concat());
    assert_eq!(f.ok("writev", &[fd, vector, 3]), 7);
    assert_eq!(std::fs::read(dir.path().join("file")).unwrap(), b"one,two");
    let buffer = f.buffer(16);
    let vector = f.put(&[buffer, 2, buffer + 8, 100].map(u64::to_ne_bytes).concat());
    assert_eq!(f.ok("preadv", &[fd, vector, 2, 1]), 6);
    assert_eq!(f.get(buffer, 2), b"ne");
    assert_eq!(f.get(buffer + 8, 4), b",two");
    assert_eq!(f.ok("writev", &[fd, vector, 0]), 0);
    f.fails(Errno::INVAL, "writev", &[fd, vector, 1025]);
    f.fails(Errno::INVAL, "writev", &[fd, vector, u64::MAX]);
    let huge = f.put(&[buffer, u64::MAX, buffer, 1].map(u64::to_ne_bytes).concat());
    f.fails(Errno::INVAL, "writev", &[fd, huge, 2]);
    // The first part counts when the second is not there.
    let half = f.put(&[a, 4, 8, 4].map(u64::to_ne_bytes).concat());
    assert_eq!(f.ok("pwritev", &[fd, half, 2, 0]), 4);
    let broken = f.put(&[a, 4, 8, 4, a, 4].map(u64::to_ne_bytes).concat());
    assert_eq!(f.ok("pwritev", &[fd, broken, 3, 0]), 4, "and what is behind it is left out");
}

#[test]
fn large_transfers_are_whole() {
    for returns in [Returns::Jump, Returns::Ret] {
        transfer_much(with_file_and_returns(returns));
    }
}

fn transfer_much((_dir, mut f, fd): (tempfile::TempDir, Fixture, u64)) {
    let len = 5 << 20;
    let memory = f.ok("mmap", &[0, len, 3, 0x22, u64::MAX, 0]);
    f.thread.process.sandbox.write(memory + len - 3, b"end").unwrap();
    assert_eq!(f.ok("write", &[fd, memory, len]), len);
    f.ok("lseek", &[fd, 0, 0]);
    let other = f.ok("mmap", &[0, len, 3, 0x22, u64::MAX, 0]);
    assert_eq!(f.ok("read", &[fd, other, len + 10]), len);
    assert_eq!(f.get(other + len - 3, 3), b"end");
}

#[test]
fn pipes_and_poll() {
    let mut f = Fixture::new(Mounts::new());
    let pair = f.buffer(8);
    f.ok("pipe2", &[pair, libc::O_NONBLOCK as u64]);
    let ends = f.get(pair, 8);
    let (reader, writer) = (u64::from(ends[0]), u64::from(ends[4]));
    let buffer = f.put(b"abc");
    f.fails(Errno::AGAIN, "read", &[reader, buffer, 3]);
    let poll = |f: &mut Fixture, fds: &[(u64, i16)]| {
        let bytes: Vec<u8> = fds
            .iter()
            .flat_map(|(fd, events)| [&(*fd as i32).to_ne_bytes()[..], &events.to_ne_bytes(), &[0xff, 0xff]].concat())
            .collect();
        let at = f.put(&bytes);
        let ready = f.ok("poll", &[at, fds.len() as u64, 0]);
        let answers: Vec<i16> = f.get(at, bytes.len()).chunks(8).map(|c| i16::from_ne_bytes([c[6], c[7]])).collect();
        (ready, answers)
    };
    let both = [(reader, libc::POLLIN), (writer, libc::POLLOUT), (99, libc::POLLIN), (u64::MAX, libc::POLLIN)];
    assert_eq!(poll(&mut f, &both), (2, vec![0, libc::POLLOUT, libc::POLLNVAL, 0]));
    assert_eq!(f.ok("write", &[writer, buffer, 3]), 3);
    assert_eq!(poll(&mut f, &both[..2]), (2, vec![libc::POLLIN, libc::POLLOUT]));
    let available = f.buffer(4);
    f.ok("ioctl", &[reader, 0x541b, available]);
    assert_eq!(f.get(available, 4), 3u32.to_ne_bytes());

    let set = f.put(&(1u64 << reader | 1 << writer).to_ne_bytes());
    let zero = f.put(&[0; 16]);
    assert_eq!(f.ok("select", &[writer + 1, set, 0, 0, zero]), 1);
    assert_eq!(f.get_u64(set), 1 << reader);
    let bad = f.put(&(1u64 << 40).to_ne_bytes());
    f.fails(Errno::BADF, "select", &[41, bad, 0, 0, zero]);
    f.fails(Errno::INVAL, "select", &[u64::MAX, set, 0, 0, zero]);
    f.fails(Errno::INVAL, "poll", &[buffer, 5000, 0]);
    f.fails(Errno::INVAL, "pipe2", &[pair, 1]);
    f.fails(Errno::FAULT, "pipe2", &[0, 0]);
    f.ok("close", &[writer]);
    assert_eq!(f.ok("read", &[reader, buffer, 64]), 3);
    assert_eq!(f.ok("read", &[reader, buffer, 64]), 0);
}

#[test]
fn a_pipe_that_nobody_reads() {
    let mut f = Fixture::new(Mounts::new());
    let pair = f.buffer(8);
    f.ok("pipe", &[pair]);
    let ends = f.get(pair, 8);
    let (reader, writer) = (u64::from(ends[0]), u64::from(ends[4]));
    f.ok("close", &[reader]);
    let ignore = f.put(&[&1u64.to_ne_bytes()[..], &[0; 24]].concat());
    f.ok("rt_sigaction", &[libc::SIGPIPE as u64, ignore, 0, 8]);
    f.fails(Errno::PIPE, "write", &[writer, ignore, 1]);
    f.thread.take_signals(None);
    assert_eq!(f.thread.process.ended(), None);
    let default = f.put(&[0; 32]);
    f.ok("rt_sigaction", &[libc::SIGPIPE as u64, default, 0, 8]);
    f.fails(Errno::PIPE, "write", &[writer, ignore, 1]);
    f.thread.take_signals(None);
    assert_eq!(f.thread.process.ended(), Some(crate::process::Status::Signalled(libc::SIGPIPE)));
}

#[test]
fn standard_streams_are_only_read_and_written() {
    let mut f = Fixture::new(Mounts::new());
    let path = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(path.path(), "log").unwrap();
    let standard = |f: &mut Fixture, options: &mut std::fs::OpenOptions| {
        let file = options.open(path.path()).unwrap();
        let file = File::new(FileKind::Standard(file.into()), true);
        f.thread.process.files.insert(Arc::new(file), 0, false).unwrap() as u64
    };
    let text = f.put(b"more");
    for options in [std::fs::File::options().read(true).write(true), std::fs::File::options().append(true)] {
        let fd = standard(&mut f, options);
        f.fails(Errno::INVAL, "ftruncate", &[fd, 0]);
        f.fails(Errno::SPIPE, "fallocate", &[fd, 0, 0, 1 << 20]);
        f.fails(Errno::SPIPE, "pwrite64", &[fd, text, 4, 0]);
        let vector = f.put(&[text, 4].map(u64::to_ne_bytes).concat());
        f.fails(Errno::SPIPE, "pwritev", &[fd, vector, 1, 0]);
        f.fails(Errno::SPIPE, "lseek", &[fd, 1, libc::SEEK_CUR as u64]);
        f.fails(Errno::SPIPE, "lseek", &[fd, 0, libc::SEEK_SET as u64]);
        f.fails(Errno::SPIPE, "lseek", &[fd, 1, libc::SEEK_END as u64]);
        // Only asked, not moved.
        assert_eq!(f.ok("lseek", &[fd, 0, libc::SEEK_CUR as u64]), 0);
        f.fails(Errno::INVAL, "flock", &[fd, (libc::LOCK_EX | libc::LOCK_NB) as u64]);
        f.fails(Errno::PERM, "fchmod", &[fd, 0o777]);
        // A duplicate is no way around it.
        let duplicate = f.ok("dup", &[fd]);
        f.fails(Errno::INVAL, "ftruncate", &[duplicate, 0]);
    }
    assert_eq!(std::fs::read(path.path()).unwrap(), b"log");
    let write = standard(&mut f, std::fs::File::options().write(true));
    f.fails(Errno::SPIPE, "lseek", &[write, 0, libc::SEEK_END as u64]);
    let append = standard(&mut f, std::fs::File::options().append(true));
    assert_eq!(f.ok("lseek", &[append, 0, libc::SEEK_END as u64]), 3, "where the next write lands");
    assert_eq!(f.ok("lseek", &[append, 0, libc::SEEK_CUR as u64]), 0);
    assert_eq!(f.ok("write", &[append, text, 4]), 4);
    assert_eq!(std::fs::read(path.path()).unwrap(), b"logmore");
    // Standard input from a file: interpreters look twice at their script.
    let input = standard(&mut f, std::fs::File::options().read(true));
    let buffer = f.buffer(16);
    assert_eq!(f.ok("read", &[input, buffer, 16]), 7);
    assert_eq!(f.ok("lseek", &[input, 3, libc::SEEK_SET as u64]), 3);
    assert_eq!(f.ok("read", &[input, buffer, 16]), 4);
    assert_eq!(f.get(buffer, 4), b"more");
}

/// `cat f >> f`: what a standard stream is can be told from its status, if the program may see the file.
#[test]
fn a_standard_stream_is_the_file_that_it_is_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let mut f = Fixture::at(dir.path());
    for name in ["log", "other"] {
        std::fs::write(dir.path().join(name), name).unwrap();
    }
    let log = std::fs::File::options().append(true).open(dir.path().join("log")).unwrap();
    let log = File::new(FileKind::Standard(log.into()), true);
    let fd = f.thread.process.files.insert(Arc::new(log), 0, false).unwrap() as u64;
    let (buffer, named, other) = (f.buffer(144), f.text("/log"), f.text("/other"));
    let mut identity = |call: &str, what: u64| {
        f.ok(call, &[what, buffer]);
        [0, 8].map(|at| f.get_u64(buffer + at))
    };
    let standard = identity("fstat", fd);
    assert_eq!(standard, identity("stat", named));
    assert_ne!(standard, identity("stat", other));
}

#[test]
fn files_that_are_no_terminal_say_so() {
    let (_dir, mut f, fd) = with_file();
    let buffer = f.buffer(64);
    f.fails(Errno::NOTTY, "ioctl", &[fd, 0x5401, buffer]);
    f.fails(Errno::NOTTY, "ioctl", &[fd, 0x5412, buffer]); // TIOCSTI
    f.fails(Errno::NOTTY, "ioctl", &[fd, u64::MAX, buffer]);
}

/// In an exclusive sandbox the kernel has been given its memory meanwhile.
#[test]
fn class_21_a_read_that_nothing_ends_can_be_stopped() {
    for returns in [Returns::Jump, Returns::Ret] {
        let mut f = Fixture::with_returns(Mounts::new(), returns);
        let pair = f.buffer(8);
        f.ok("pipe", &[pair]);
        let [reader, writer] = f.pair(pair);
        let before = f.thread.presence.prepare_and_arrive().unwrap();
        let interrupter = f.thread.process.interrupter().clone();
        let stopper = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(20));
            interrupter.interrupt();
        });
        f.fails(Errno::INTR, "read", &[reader, pair, 8]);
        f.thread.presence.leave(before);
        stopper.join().unwrap();
        // The sandbox and the descriptor are as before.
        let process = &f.thread.process;
        process.interrupter.restart(&process.sandbox).unwrap();
        let text = f.put(b"text");
        f.ok("write", &[writer, text, 4]);
        assert_eq!(f.ok("read", &[reader, pair, 8]), 4);
        assert_eq!(f.get(pair, 4), b"text");
    }
}
