//! Sockets: what the policy grants, and nothing else.

use super::*;
use crate::policy::Network;
use std::{
    net::TcpListener,
    os::unix::net::{UnixDatagram, UnixListener},
};

const UNIX: u64 = libc::AF_UNIX as u64;
const INET: u64 = libc::AF_INET as u64;
const INET6: u64 = libc::AF_INET6 as u64;
const STREAM: u64 = libc::SOCK_STREAM as u64;
const DGRAM: u64 = libc::SOCK_DGRAM as u64;

fn granted(network: Network) -> (tempfile::TempDir, Fixture) {
    let dir = tempfile::tempdir().unwrap();
    let policy = Policy::new().directory("/d", dir.path(), true).unwrap().network(network);
    (dir, Fixture::with_policy(policy, Returns::Jump))
}

/// `struct sockaddr_in`.
fn internet(address: [u8; 4], port: u16) -> Vec<u8> {
    [&(libc::AF_INET as u16).to_ne_bytes()[..], &port.to_be_bytes(), &address, &[0; 8]].concat()
}

/// `struct sockaddr_un`.
fn unix(path: &[u8]) -> Vec<u8> {
    [&(libc::AF_UNIX as u16).to_ne_bytes()[..], path].concat()
}

impl Fixture {
    fn address(&mut self, bytes: &[u8]) -> [u64; 2] {
        [self.put(bytes), bytes.len() as u64]
    }

    /// A call with a descriptor and an address.
    fn to(&mut self, name: &str, fd: u64, bytes: &[u8]) -> Outcome {
        let [at, len] = self.address(bytes);
        self.call(name, &[fd, at, len])
    }

    fn own_address(&mut self, fd: u64) -> Vec<u8> {
        let (at, len) = (self.buffer(128), self.put(&128u32.to_ne_bytes()));
        self.ok("getsockname", &[fd, at, len]);
        let len = self.get(len, 1)[0];
        self.get(at, len.into())
    }
}

#[test]
fn nothing_is_granted_by_default() {
    let (_dir, mut f) = granted(Network::None);
    for domain in [INET, INET6] {
        f.fails(Errno::ACCESS, "socket", &[domain, STREAM, 0]);
    }
    f.fails(Errno::AFNOSUPPORT, "socket", &[UNIX, STREAM, 0]);
    for domain in [libc::AF_NETLINK, libc::AF_PACKET, libc::AF_VSOCK, libc::AF_ALG, 9999, -1] {
        f.fails(Errno::AFNOSUPPORT, "socket", &[domain as u64, STREAM, 0]);
    }
    // Two ends of the program's own are no network.
    let pair = f.buffer(8);
    f.ok("socketpair", &[UNIX, STREAM, 0, pair]);
    let [first, second] = f.pair(pair);
    let text = f.put(b"hello");
    f.ok("sendto", &[first, text, 5, 0, 0, 0]);
    assert_eq!(f.ok("read", &[second, text, 5]), 5);
    f.fails(Errno::NOTSOCK, "listen", &[0, 1]);
    f.fails(Errno::BADF, "listen", &[99, 1]);
}

#[test]
fn class_24_an_end_of_a_pair_reaches_the_other_only() {
    let (dir, mut f) = granted(Network::None);
    let host = UnixDatagram::bind(dir.path().join("host")).unwrap();
    let _listener = UnixListener::bind(dir.path().join("listener")).unwrap();
    host.set_nonblocking(true).unwrap();
    let (pair, text) = (f.buffer(8), f.put(b"hello"));
    for kind in [DGRAM, STREAM] {
        f.ok("socketpair", &[UNIX, kind, 0, pair]);
        let [first, _] = f.pair(pair);
        let [to, len] = f.address(&unix(b"/d/host\0"));
        f.fails(Errno::ACCESS, "sendto", &[first, text, 5, 0, to, len]);
        for path in [&b"/d/host\0"[..], b"/d/listener\0"] {
            assert_eq!(f.to("connect", first, &unix(path)), Err(Errno::ACCESS));
        }
        assert_eq!(f.to("bind", first, &unix(b"/d/new\0")), Err(Errno::ACCESS));
    }
    assert!(host.recv(&mut [0; 5]).is_err() && !dir.path().join("new").exists());
}

#[test]
fn loopback_is_this_machine() {
    let (_dir, mut f) = granted(Network::Loopback);
    let server = f.ok("socket", &[INET, STREAM, 0]);
    // Any address is one of the loopback device, which the socket is bound to.
    assert_eq!(f.to("bind", server, &internet([192, 0, 2, 1], 0)), Err(Errno::ACCESS));
    f.to("bind", server, &internet([0, 0, 0, 0], 0)).unwrap();
    f.ok("listen", &[server, 5]);
    let port = f.own_address(server);
    let port = u16::from_be_bytes([port[2], port[3]]);
    let client = f.ok("socket", &[INET, STREAM, 0]);
    for far in [[192, 0, 2, 1], [8, 8, 8, 8], [255, 255, 255, 255]] {
        assert_eq!(f.to("connect", client, &internet(far, 80)), Err(Errno::ACCESS));
    }
    f.to("connect", client, &internet([127, 0, 0, 1], port)).unwrap();
    let (at, len) = (f.buffer(128), f.put(&128u32.to_ne_bytes()));
    let accepted = f.ok("accept4", &[server, at, len, libc::SOCK_CLOEXEC as u64]);
    assert_eq!(f.get(at, 2), (libc::AF_INET as u16).to_ne_bytes());
    assert_eq!(f.ok("fcntl", &[accepted, libc::F_GETFD as u64]), 1);
    let text = f.put(b"hello");
    f.ok("write", &[client, text, 5]);
    assert_eq!(f.ok("recvfrom", &[accepted, text, 5, libc::MSG_PEEK as u64, 0, 0]), 5);
    // The host's own servers are of this machine, too.
    let host = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = f.ok("socket", &[INET, STREAM, 0]);
    f.to("connect", client, &internet([127, 0, 0, 1], host.local_addr().unwrap().port())).unwrap();
    let datagrams = f.ok("socket", &[INET, DGRAM, 0]);
    let [to, len] = f.address(&internet([192, 0, 2, 1], 9));
    f.fails(Errno::ACCESS, "sendto", &[datagrams, text, 5, 0, to, len]);
    let [to, len] = f.address(&internet([127, 0, 0, 1], port));
    f.ok("sendto", &[datagrams, text, 5, 0, to, len]);
    let six = f.ok("socket", &[INET6, DGRAM, 0]);
    let far = [&(libc::AF_INET6 as u16).to_ne_bytes()[..], &[0, 9, 0, 0, 0, 0, 0x20], &[1; 15], &[0; 4]].concat();
    let [to, len] = f.address(&far);
    f.fails(Errno::ACCESS, "sendto", &[six, text, 5, 0, to, len]);
}

/// The kernel takes a datagram's address without a family for one of the Internet, and whoever connects a socket to
/// such an address takes it off its device.
#[test]
fn class_24_an_address_without_a_family_leads_nowhere() {
    let (_dir, mut f) = granted(Network::Loopback);
    let text = f.put(b"hello");
    for domain in [INET, INET6] {
        let socket = f.ok("socket", &[domain, DGRAM, 0]);
        let without_family = [&[0, 0], &internet([192, 0, 2, 1], 9)[2..], &[0; 12]].concat();
        assert_eq!(f.to("connect", socket, &without_family), Err(Errno::ACCESS));
        let [to, len] = f.address(&without_family);
        f.fails(Errno::ACCESS, "sendto", &[socket, text, 5, 0, to, len]);
    }
    let (_dir, mut f) = granted(Network::Full);
    let socket = f.ok("socket", &[INET, DGRAM, 0]);
    f.to("connect", socket, &internet([127, 0, 0, 1], 9)).unwrap();
    f.to("connect", socket, &[0; 16]).unwrap();
}

#[test]
fn class_24_unix_sockets_are_in_the_mounts() {
    let (dir, mut f) = granted(Network::Unix);
    f.fails(Errno::ACCESS, "socket", &[INET, STREAM, 0]);
    let server = f.ok("socket", &[UNIX, STREAM, 0]);
    assert_eq!(f.to("bind", server, &unix(b"/elsewhere\0")), Err(Errno::ROFS));
    assert_eq!(f.to("bind", server, &unix(b"\0abstract")), Err(Errno::ACCESS));
    assert_eq!(f.to("bind", server, &unix(b"")), Err(Errno::INVAL));
    f.to("bind", server, &unix(b"/d/socket\0")).unwrap();
    assert!(dir.path().join("socket").exists());
    f.ok("listen", &[server, 5]);
    assert_eq!(f.own_address(server), unix(b"/d/socket\0"), "as the program said it");
    let client = f.ok("socket", &[UNIX, STREAM, 0]);
    f.to("connect", client, &unix(b"/d/../d/./socket")).unwrap();
    let accepted = f.ok("accept", &[server, 0, 0]);
    let text = f.put(b"hello");
    f.ok("write", &[accepted, text, 5]);
    assert_eq!(f.ok("read", &[client, text, 5]), 5);
    // One of the host that is out of the mounts, by whatever path.
    let outside = tempfile::tempdir().unwrap();
    let path = outside.path().join("socket");
    let _host = UnixListener::bind(&path).unwrap();
    std::os::unix::fs::symlink(&path, dir.path().join("link")).unwrap();
    let client = f.ok("socket", &[UNIX, STREAM, 0]);
    assert_eq!(f.to("connect", client, &unix(path.to_str().unwrap().as_bytes())), Err(Errno::NOENT));
    assert_eq!(f.to("connect", client, &unix(b"/d/link")), Err(Errno::NOENT));
    std::fs::write(dir.path().join("file"), "").unwrap();
    assert_eq!(f.to("connect", client, &unix(b"/d/file")), Err(Errno::CONNREFUSED));
    // A path of the host is not shown: the peer has none.
    let inside = UnixListener::bind(dir.path().join("host")).unwrap();
    f.to("connect", client, &unix(b"/d/host")).unwrap();
    drop(inside);
    let (at, len) = (f.buffer(128), f.put(&128u32.to_ne_bytes()));
    f.ok("getpeername", &[client, at, len]);
    assert_eq!(f.get(len, 1), [2]);
}

#[test]
fn class_25_only_data_passes() {
    let (_dir, mut f) = granted(Network::None);
    let pair = f.buffer(8);
    f.ok("socketpair", &[UNIX, DGRAM, 0, pair]);
    let [first, second] = f.pair(pair);
    let (text, control) = (f.put(b"hello"), f.buffer(64));
    let slices = f.put(&[text, 2, text + 2, 3].map(u64::to_ne_bytes).concat());
    let message = f.put(&[0, 0, slices, 2, 0, 0, 0].map(u64::to_ne_bytes).concat());
    assert_eq!(f.ok("sendmsg", &[first, message, 0]), 5);
    // Descriptors neither leave nor come.
    let with_control = f.put(&[0, 0, slices, 2, control, 64, 0].map(u64::to_ne_bytes).concat());
    f.fails(Errno::OPNOTSUPP, "sendmsg", &[first, with_control, 0]);
    let host = f.thread.process.files.get(first as i32).unwrap();
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = rustix::net::SendAncillaryBuffer::new(&mut space);
    let passed = [host.fd().unwrap()];
    ancillary.push(rustix::net::SendAncillaryMessage::ScmRights(&passed));
    let data = [std::io::IoSlice::new(b"fds")];
    rustix::net::sendmsg(host.fd().unwrap(), &data, &mut ancillary, rustix::net::SendFlags::empty()).unwrap();
    let into = f.buffer(16);
    let slices = f.put(&[into, 3, into + 8, 8].map(u64::to_ne_bytes).concat());
    let message = f.put(&[0, 0, slices, 2, control, 64, 0].map(u64::to_ne_bytes).concat());
    assert_eq!(f.ok("recvmsg", &[second, message, 0]), 5);
    assert_eq!((f.get(into, 3), f.get(into + 8, 2)), (b"hel".to_vec(), b"lo".to_vec()));
    assert_eq!(f.ok("recvmsg", &[second, message, 0]), 3);
    assert_eq!(f.get_u64(message + 40), 0, "no control data");
    assert_eq!(f.get(message + 48, 4), libc::MSG_CTRUNC.to_ne_bytes());
    // What a message is cut by, and what it is not.
    f.fails(Errno::INVAL, "sendto", &[first, text, 5, libc::MSG_ERRQUEUE as u64, 0, 0]);
    f.fails(Errno::FAULT, "recvmsg", &[second, 8, 0]);
    f.fails(Errno::FAULT, "sendto", &[first, 8, 5, 0, 0, 0]);
}

#[test]
fn options() {
    let (_dir, mut f) = granted(Network::Loopback);
    let fd = f.ok("socket", &[INET, STREAM, 0]);
    let (one, len) = (f.put(&1u32.to_ne_bytes()), f.put(&4u32.to_ne_bytes()));
    let socket = libc::SOL_SOCKET as u64;
    f.ok("setsockopt", &[fd, socket, libc::SO_REUSEADDR as u64, one, 4]);
    f.ok("getsockopt", &[fd, socket, libc::SO_TYPE as u64, one, len]);
    assert_eq!(f.get(one, 4), libc::SOCK_STREAM.to_ne_bytes());
    // The device that it is bound to, marks, filters, credentials.
    for name in [libc::SO_BINDTODEVICE, libc::SO_MARK, libc::SO_ATTACH_FILTER, libc::SO_PASSCRED, libc::SO_PRIORITY] {
        f.fails(Errno::NOPROTOOPT, "setsockopt", &[fd, socket, name as u64, one, 4]);
    }
    f.fails(Errno::NOPROTOOPT, "getsockopt", &[fd, socket, libc::SO_PEERCRED as u64, one, len]);
    f.fails(Errno::INVAL, "setsockopt", &[fd, socket, libc::SO_REUSEADDR as u64, one, 4096]);
    f.fails(Errno::PERM, "socket", &[INET, libc::SOCK_RAW as u64, 1]);
    f.fails(Errno::PROTONOSUPPORT, "socket", &[INET, DGRAM, 132]);
}
