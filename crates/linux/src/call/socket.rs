//! Sockets, as far as the policy grants a network.
//!
//! A socket that may reach this machine only is bound to its loopback device as
//! soon as it is made, so that the kernel sees to it; addresses are checked, too.
//! What goes along with data (descriptors, credentials) does not pass: a
//! descriptor from outside would be more than the policy gives.

mod address;
pub(crate) mod many;

use crate::{
    fs::{File, FileKind},
    host::socket as host,
    policy::Network,
    process::{Process, lock},
    table::Outcome,
    user::{Bytes, IOV_MAX, Slice, word},
};
use address::{Purpose, put_address, read_address, shown};
use rustix::io::Errno;
use std::{
    os::fd::{AsFd, OwnedFd},
    sync::{Arc, Mutex},
};

/// What is known of a socket beside its descriptor.
#[derive(Debug)]
pub(crate) struct Socket {
    domain: i32,
    /// Its own name in the Unix domain, as the program gave it.
    name: Mutex<Vec<u8>>,
}

impl Socket {
    fn new(domain: i32) -> Self {
        Self { domain, name: Mutex::default() }
    }
}

/// Most bytes of one message or piece of a stream.
const MOST: u64 = 1 << 20;

fn insert(process: &Process, fd: OwnedFd, socket: Socket, close_on_exec: bool) -> Result<i32, Errno> {
    let file = File { socket: Some(Box::new(socket)), ..File::new(FileKind::Plain(fd), true) };
    process.files.insert(Arc::new(file), 0, close_on_exec)
}

fn number(fd: i32) -> Outcome {
    u64::try_from(fd).map_err(|_| Errno::MFILE)
}

fn get(process: &Process, fd: i32) -> Result<Arc<File>, Errno> {
    let file = process.files.get(fd)?;
    if file.socket.is_some() { Ok(file) } else { Err(Errno::NOTSOCK) }
}

/// What is known of a file that [`get`] has found to be a socket.
fn known(file: &File) -> Result<&Socket, Errno> {
    file.socket.as_deref().ok_or(Errno::NOTSOCK)
}

/// Checks the type of a socket; whether it is closed on exec.
fn check_type(kind: i32, types: &[i32]) -> Result<bool, Errno> {
    const FLAGS: i32 = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    match kind & !FLAGS {
        kind if types.contains(&kind) => {}
        libc::SOCK_RAW => return Err(Errno::PERM),
        libc::SOCK_STREAM | libc::SOCK_DGRAM | libc::SOCK_SEQPACKET => return Err(Errno::PROTONOSUPPORT),
        _ => return Err(Errno::INVAL),
    }
    Ok(kind & libc::SOCK_CLOEXEC != 0)
}

const UNIX_TYPES: &[i32] = &[libc::SOCK_STREAM, libc::SOCK_DGRAM, libc::SOCK_SEQPACKET];
const INTERNET_TYPES: &[i32] = &[libc::SOCK_STREAM, libc::SOCK_DGRAM];

pub(crate) fn socket(process: &Process, domain: i32, kind: i32, protocol: i32) -> Outcome {
    let network = process.policy.network;
    let close_on_exec = match domain {
        libc::AF_UNIX => {
            // As where there are none: musl then goes on without the daemon that it asks for names of users and groups.
            if network == Network::None {
                return Err(Errno::AFNOSUPPORT);
            }
            if protocol != 0 && protocol != libc::PF_UNIX {
                return Err(Errno::PROTONOSUPPORT);
            }
            check_type(kind, UNIX_TYPES)?
        }
        libc::AF_INET | libc::AF_INET6 => {
            if matches!(network, Network::None | Network::Unix) {
                return Err(Errno::ACCESS);
            }
            let close_on_exec = check_type(kind, INTERNET_TYPES)?;
            // One that does not go with the type the kernel refuses.
            if ![0, libc::IPPROTO_TCP, libc::IPPROTO_UDP].contains(&protocol) {
                return Err(Errno::PROTONOSUPPORT);
            }
            close_on_exec
        }
        _ => return Err(Errno::AFNOSUPPORT),
    };
    let fd = host::socket(domain, kind, protocol)?;
    if domain != libc::AF_UNIX && network == Network::Loopback {
        host::set_option(fd.as_fd(), libc::SOL_SOCKET, libc::SO_BINDTODEVICE, b"lo\0").map_err(|_| Errno::ACCESS)?;
    }
    number(insert(process, fd, Socket::new(domain), close_on_exec)?)
}

/// Two sockets that reach each other only, which needs no network.
pub(crate) fn socketpair(process: &Process, domain: i32, kind: i32, protocol: i32, fds: u64) -> Outcome {
    if domain != libc::AF_UNIX {
        return Err(if [libc::AF_INET, libc::AF_INET6].contains(&domain) {
            Errno::OPNOTSUPP
        } else {
            Errno::AFNOSUPPORT
        });
    }
    if protocol != 0 && protocol != libc::PF_UNIX {
        return Err(Errno::PROTONOSUPPORT);
    }
    let close_on_exec = check_type(kind, UNIX_TYPES)?;
    let (first, second) = host::pair(kind)?;
    let file = |fd| {
        let socket = Some(Box::new(Socket::new(libc::AF_UNIX)));
        Arc::new(File { socket, ..File::new(FileKind::Plain(fd), true) })
    };
    super::descriptor::insert_pair(process, [file(first), file(second)], close_on_exec, fds)
}

pub(crate) fn bind(process: &Process, fd: i32, address: u64, address_len: u32) -> Outcome {
    let file = get(process, fd)?;
    let socket = known(&file)?;
    let bytes = read_address(process, address, address_len)?;
    let target = address::check(process, socket.domain, &bytes, Purpose::Bind)?;
    let done = host::bind(file.fd()?, target.bytes())?;
    if socket.domain == libc::AF_UNIX {
        *lock(&socket.name) = bytes;
    }
    Ok(done)
}

pub(crate) fn connect(process: &Process, fd: i32, address: u64, address_len: u32) -> Outcome {
    let file = get(process, fd)?;
    let bytes = read_address(process, address, address_len)?;
    let target = address::check(process, known(&file)?.domain, &bytes, Purpose::Reach)?;
    host::connect(file.fd()?, target.bytes())
}

pub(crate) fn listen(process: &Process, fd: i32, backlog: i32) -> Outcome {
    host::listen(get(process, fd)?.fd()?, backlog)
}

pub(crate) fn accept(process: &Process, fd: i32, address: u64, address_len: u64) -> Outcome {
    accept4(process, fd, address, address_len, 0)
}

pub(crate) fn accept4(process: &Process, fd: i32, address: u64, address_len: u64, flags: i32) -> Outcome {
    if flags & !(libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK) != 0 {
        return Err(Errno::INVAL);
    }
    let file = get(process, fd)?;
    let domain = known(&file)?.domain;
    // A connection that has no number stays with who offers it.
    process.files.check_room()?;
    let (new, peer) = host::accept(file.fd()?, flags & libc::SOCK_NONBLOCK != 0)?;
    put_address(process, address, address_len, &shown(&peer))?;
    number(insert(process, new, Socket::new(domain), flags & libc::SOCK_CLOEXEC != 0)?)
}

pub(crate) fn shutdown(process: &Process, fd: i32, how: i32) -> Outcome {
    host::shutdown(get(process, fd)?.fd()?, how)
}

pub(crate) fn getsockname(process: &Process, fd: i32, address: u64, address_len: u64) -> Outcome {
    let file = get(process, fd)?;
    let name = lock(&known(&file)?.name).clone();
    let name = if name.is_empty() { shown(&host::local_address(file.fd()?)?) } else { name };
    put_address(process, address, address_len, &name)?;
    Ok(0)
}

pub(crate) fn getpeername(process: &Process, fd: i32, address: u64, address_len: u64) -> Outcome {
    let peer = host::peer_address(get(process, fd)?.fd()?)?;
    put_address(process, address, address_len, &shown(&peer))?;
    Ok(0)
}

/// Flags that a program may send and receive with.
const MESSAGE_FLAGS: i32 = libc::MSG_DONTWAIT
    | libc::MSG_NOSIGNAL
    | libc::MSG_PEEK
    | libc::MSG_WAITALL
    | libc::MSG_TRUNC
    | libc::MSG_OOB
    | libc::MSG_MORE
    | libc::MSG_EOR
    | libc::MSG_CMSG_CLOEXEC;

fn check_flags(flags: i32) -> Result<(), Errno> {
    if flags & !MESSAGE_FLAGS == 0 { Ok(()) } else { Err(Errno::INVAL) }
}

/// Sends what the slices hold as one message.
fn send(process: &Process, fd: i32, slices: &[Slice], flags: i32, address: &[u8]) -> Outcome {
    check_flags(flags)?;
    let file = get(process, fd)?;
    let target = match address {
        [] => None,
        bytes => Some(address::check(process, known(&file)?.domain, bytes, Purpose::Reach)?),
    };
    let mut data = Vec::new();
    for slice in slices {
        let start = data.len();
        // A longer message is cut, as a stream may cut it; the kernel refuses longer datagrams.
        data.resize(start + slice.len.min(MOST - start as u64) as usize, 0);
        process.read_bytes(slice.address, &mut data[start..])?;
    }
    let to = target.as_ref().map_or(&[][..], |target| target.bytes());
    match host::send(file.fd()?, &data, flags | libc::MSG_NOSIGNAL, to) {
        sent if flags & libc::MSG_NOSIGNAL == 0 => super::file::or_broken_pipe(process, sent),
        sent => sent,
    }
    .map(|sent| sent as u64)
}

/// Receives one message into the slices; its length, and what else there is to tell.
fn receive(process: &Process, fd: i32, slices: &[Slice], flags: i32) -> Result<host::Received, Errno> {
    check_flags(flags)?;
    let file = get(process, fd)?;
    let room = slices.iter().fold(0u64, |sum, slice| sum.saturating_add(slice.len)).min(MOST);
    let mut data = vec![0; room as usize];
    let received = host::receive(file.fd()?, &mut data, flags)?;
    let mut left = &data[..received.len.min(data.len())];
    for slice in slices {
        let (now, later) = left.split_at(left.len().min(usize::try_from(slice.len).unwrap_or(usize::MAX)));
        process.write_bytes(slice.address, now)?;
        left = later;
    }
    Ok(received)
}

pub(crate) fn sendto(
    process: &Process,
    fd: i32,
    buffer: u64,
    count: u64,
    flags: i32,
    address: u64,
    address_len: u32,
) -> Outcome {
    let to = if address == 0 { Vec::new() } else { read_address(process, address, address_len)? };
    send(process, fd, &[Slice { address: buffer, len: count }], flags, &to)
}

pub(crate) fn recvfrom(
    process: &Process,
    fd: i32,
    buffer: u64,
    count: u64,
    flags: i32,
    address: u64,
    address_len: u64,
) -> Outcome {
    let received = receive(process, fd, &[Slice { address: buffer, len: count }], flags)?;
    if !received.address.is_empty() {
        put_address(process, address, address_len, &shown(&received.address))?;
    }
    Ok(received.len as u64)
}

/// `struct msghdr`
struct Message {
    name: u64,
    name_len: u32,
    slices: Vec<Slice>,
    control: u64,
}

impl Message {
    fn read(process: &Process, at: u64) -> Result<Self, Errno> {
        let raw: [u8; 56] = process.read_array(at)?;
        let name_len = u32::from_ne_bytes([raw[8], raw[9], raw[10], raw[11]]);
        let count = word(&raw, 24);
        if count > IOV_MAX {
            return Err(Errno::MSGSIZE);
        }
        let slices = process.read_iovecs(word(&raw, 16), count)?;
        Ok(Self { name: word(&raw, 0), name_len, slices, control: word(&raw, 40) })
    }
}

pub(crate) fn sendmsg(process: &Process, fd: i32, message: u64, flags: i32) -> Outcome {
    let message = Message::read(process, message)?;
    if message.control != 0 {
        return Err(Errno::OPNOTSUPP);
    }
    let to = match message.name {
        0 => Vec::new(),
        name => read_address(process, name, message.name_len)?,
    };
    send(process, fd, &message.slices, flags, &to)
}

pub(crate) fn recvmsg(process: &Process, fd: i32, message: u64, flags: i32) -> Outcome {
    let Message { name, name_len, slices, .. } = Message::read(process, message)?;
    let received = receive(process, fd, &slices, flags)?;
    if name != 0 {
        let from = if received.address.is_empty() { Vec::new() } else { shown(&received.address) };
        let bytes = &from[..from.len().min(name_len as usize)];
        process.write_bytes(name, bytes)?;
        process.write_bytes(message.wrapping_add(8), &(from.len() as u32).to_ne_bytes())?;
    }
    process.write_bytes(message.wrapping_add(40), &Bytes::new().u64(0).u32(received.flags.cast_unsigned()).done())?;
    Ok(received.len as u64)
}

/// Options that concern nobody but the socket's two ends.
const OPTIONS: &[(i32, i32)] = &[
    (libc::SOL_SOCKET, libc::SO_REUSEADDR),
    (libc::SOL_SOCKET, libc::SO_REUSEPORT),
    (libc::SOL_SOCKET, libc::SO_BROADCAST),
    (libc::SOL_SOCKET, libc::SO_KEEPALIVE),
    (libc::SOL_SOCKET, libc::SO_LINGER),
    (libc::SOL_SOCKET, libc::SO_OOBINLINE),
    (libc::SOL_SOCKET, libc::SO_RCVBUF),
    (libc::SOL_SOCKET, libc::SO_SNDBUF),
    (libc::SOL_SOCKET, libc::SO_RCVLOWAT),
    (libc::SOL_SOCKET, libc::SO_RCVTIMEO),
    (libc::SOL_SOCKET, libc::SO_SNDTIMEO),
    (libc::IPPROTO_TCP, libc::TCP_NODELAY),
    (libc::IPPROTO_TCP, libc::TCP_MAXSEG),
    (libc::IPPROTO_TCP, libc::TCP_CORK),
    (libc::IPPROTO_TCP, libc::TCP_KEEPIDLE),
    (libc::IPPROTO_TCP, libc::TCP_KEEPINTVL),
    (libc::IPPROTO_TCP, libc::TCP_KEEPCNT),
    (libc::IPPROTO_TCP, libc::TCP_QUICKACK),
    (libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT),
    (libc::IPPROTO_IP, libc::IP_TOS),
    (libc::IPPROTO_IP, libc::IP_TTL),
    (libc::IPPROTO_IPV6, libc::IPV6_V6ONLY),
    (libc::IPPROTO_IPV6, libc::IPV6_UNICAST_HOPS),
    (libc::IPPROTO_IPV6, libc::IPV6_TCLASS),
];

/// Whether calls that wait for a socket wait only so long.
pub(crate) fn has_time(process: &Process, fd: i32) -> bool {
    /// `struct timeval`
    const SIZE: usize = 16;
    let Ok(file) = get(process, fd) else { return false };
    let limits = |name| file.fd().and_then(|fd| host::option(fd, libc::SOL_SOCKET, name, SIZE));
    [libc::SO_RCVTIMEO, libc::SO_SNDTIMEO]
        .into_iter()
        .filter_map(|name| limits(name).ok())
        .any(|time| time != [0; SIZE])
}

/// Options that can only be asked for.
const FACTS: &[(i32, i32)] = &[
    (libc::SOL_SOCKET, libc::SO_TYPE),
    (libc::SOL_SOCKET, libc::SO_ERROR),
    (libc::SOL_SOCKET, libc::SO_DOMAIN),
    (libc::SOL_SOCKET, libc::SO_PROTOCOL),
    (libc::SOL_SOCKET, libc::SO_ACCEPTCONN),
];

pub(crate) fn setsockopt(process: &Process, fd: i32, level: i32, name: i32, value: u64, len: u32) -> Outcome {
    let file = get(process, fd)?;
    if !OPTIONS.contains(&(level, name)) {
        return Err(Errno::NOPROTOOPT);
    }
    if len as usize > host::OPTION_SIZE {
        return Err(Errno::INVAL);
    }
    let mut bytes = vec![0; len as usize];
    process.read_bytes(value, &mut bytes)?;
    host::set_option(file.fd()?, level, name, &bytes)
}

pub(crate) fn getsockopt(process: &Process, fd: i32, level: i32, name: i32, value: u64, len: u64) -> Outcome {
    let file = get(process, fd)?;
    if !OPTIONS.contains(&(level, name)) && !FACTS.contains(&(level, name)) {
        return Err(Errno::NOPROTOOPT);
    }
    let room = process.read_u32(len)?;
    if room.cast_signed() < 0 {
        return Err(Errno::INVAL);
    }
    let bytes = host::option(file.fd()?, level, name, room as usize)?;
    process.write_bytes(value, &bytes)?;
    process.write_bytes(len, &(bytes.len() as u32).to_ne_bytes())?;
    Ok(0)
}
