//! Message queues: what they may take of the host, and that nothing but messages goes in or out.

use super::*;

const OPEN: u64 = (libc::O_RDWR | libc::O_CREAT | libc::O_NONBLOCK) as u64;

impl Fixture {
    fn queue(&mut self, name: &str, messages: u64, size: u64) -> Outcome {
        let mut attributes = [0; 64];
        attributes[8..16].copy_from_slice(&messages.to_ne_bytes());
        attributes[16..24].copy_from_slice(&size.to_ne_bytes());
        let (name, attributes) = (self.text(name), self.put(&attributes));
        self.call("mq_open", &[name, OPEN, 0o600, attributes])
    }
}

fn process() -> Fixture {
    Fixture::with_policy(Policy::new(), Returns::Jump)
}

#[test]
fn class_28_queues_are_few_and_small() {
    let mut f = process();
    f.queue("large", 10, 8192).unwrap();
    for (messages, size) in [(11, 8192), (10, 8193), (0, 1), (1, 0), (u64::MAX, 1), (1, u64::MAX)] {
        assert_eq!(f.queue("larger", messages, size), Err(Errno::INVAL));
    }
    // So many bytes in all, whether they have names or not.
    let mut open = Vec::new();
    let errno = loop {
        let name = format!("large{}", open.len());
        match f.queue(&name, 10, 8192) {
            Ok(fd) => open.push(fd),
            Err(errno) => break errno,
        }
        let name = f.text(&name);
        f.ok("mq_unlink", &[name]);
    };
    assert_eq!((errno, open.len()), (Errno::MFILE, 8));
    // They come back with the last descriptor.
    f.ok("close", &[open[0]]);
    f.queue("again", 10, 8192).unwrap();

    // The process may lower that.
    let mut f = process();
    let limit = f.put(&[8287u64, 8287].map(u64::to_ne_bytes).concat());
    f.ok("setrlimit", &[u64::from(libc::RLIMIT_MSGQUEUE), limit]);
    assert_eq!(f.queue("queue", 1, 8192), Err(Errno::MFILE));
    f.queue("smaller", 1, 8191).unwrap();

    // So many queues.
    let mut f = process();
    for n in 0..64 {
        let fd = f.queue(&n.to_string(), 1, 1).unwrap();
        f.ok("close", &[fd]);
    }
    assert_eq!(f.queue("more", 1, 1), Err(Errno::NOSPC));
    let name = f.text("7");
    f.ok("mq_unlink", &[name]);
    f.queue("more", 1, 1).unwrap();
    assert_eq!(f.queue("still more", 1, 1), Err(Errno::NOSPC));
}

#[test]
fn class_25_a_queue_is_no_file_of_the_host() {
    let mut f = process();
    let fd = f.queue("queue", 2, 8).unwrap();
    let buffer = f.put(&[1; 8]);
    f.ok("mq_timedsend", &[fd, buffer, 8, 0, 0]);
    f.fails(Errno::INVAL, "read", &[fd, buffer, 8]);
    f.fails(Errno::BADF, "write", &[fd, buffer, 8]);
    f.fails(Errno::INVAL, "pread64", &[fd, buffer, 8, 0]);
    f.fails(Errno::NODEV, "mmap", &[0, 4096, 1, 2, fd, 0]);
    let pipe = f.buffer(8);
    f.ok("pipe", &[pipe]);
    let [_, writer] = f.pair(pipe);
    f.fails(Errno::INVAL, "splice", &[fd, 0, writer, 0, 8, 0]);
    f.fails(Errno::INVAL, "sendfile", &[writer, fd, 0, 8]);
    // The message is there still.
    let buffer = f.buffer(8);
    assert_eq!(f.ok("mq_timedreceive", &[fd, buffer, 8, 0, 0]), 8);
    assert_eq!(f.get(buffer, 8), [1; 8]);
    f.fails(Errno::AGAIN, "mq_timedreceive", &[fd, buffer, 8, 0, 0]);
}

#[test]
fn a_queue_that_could_not_be_opened_is_as_before() {
    const SIGEV_NONE: u32 = 1;
    let mut f = process();
    let fd = f.queue("queue", 2, 8).unwrap();
    let event = f.put(&[0, 0, 0, SIGEV_NONE].map(u32::to_ne_bytes).concat());
    f.ok("mq_notify", &[fd, event]);
    let (name, other, wrong) = (f.text("queue"), f.text("other"), f.put(&[0; 64]));
    let exclusive = OPEN | libc::O_EXCL as u64;
    f.fails(Errno::EXIST, "mq_open", &[name, exclusive, 0o600, wrong]);
    f.fails(Errno::BUSY, "mq_notify", &[fd, event]);
    let limit = f.put(&[fd + 1, fd + 1].map(u64::to_ne_bytes).concat());
    f.ok("setrlimit", &[u64::from(libc::RLIMIT_NOFILE), limit]);
    for name in [name, other] {
        f.fails(Errno::MFILE, "mq_open", &[name, OPEN, 0o600, 0]);
    }
    f.fails(Errno::BUSY, "mq_notify", &[fd, event]);
    f.fails(Errno::NOENT, "mq_unlink", &[other]);
}

#[test]
fn what_opens_a_queue_twice_can_be_waited_for_twice() {
    let mut f = process();
    let [first, second] = [(); 2].map(|()| f.queue("queue", 2, 8).unwrap());
    let set = f.ok("epoll_create1", &[0]);
    let mut event = |data: u64| f.put(&[&(libc::EPOLLIN as u32).to_ne_bytes()[..], &data.to_ne_bytes()].concat());
    let events = [event(1), event(2)];
    for (fd, event) in [first, second].into_iter().zip(events) {
        f.ok("epoll_ctl", &[set, libc::EPOLL_CTL_ADD as u64, fd, event]);
    }
    let (text, found) = (f.put(b"text"), f.buffer(48));
    f.ok("mq_timedsend", &[second, text, 4, 0, 0]);
    assert_eq!(f.ok("epoll_wait", &[set, found, 4, 0]), 2);
    // One that is opened later sees it, too, and one that is closed is not heard of any more.
    let third = f.queue("queue", 2, 8).unwrap();
    let event = f.put(&[&(libc::EPOLLIN as u32).to_ne_bytes()[..], &3u64.to_ne_bytes()].concat());
    f.ok("epoll_ctl", &[set, libc::EPOLL_CTL_ADD as u64, third, event]);
    f.ok("close", &[first]);
    assert_eq!(f.ok("epoll_wait", &[set, found, 4, 0]), 2);
    f.ok("mq_timedreceive", &[third, found, 8, 0, 0]);
    assert_eq!(f.ok("epoll_wait", &[set, found, 4, 0]), 0);
}
