//! Sockets of the host. Addresses are the bytes of a structure, which the callers
//! have checked or made.
#![allow(unsafe_code)] // each function is one system call with buffers of its own

use super::result;
use rustix::io::Errno;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// `struct sockaddr_storage`: no address is longer.
pub(crate) const ADDRESS_SIZE: usize = 128;
/// Longest value of the options that are passed on.
pub(crate) const OPTION_SIZE: usize = 16;

fn length(bytes: &[u8]) -> libc::socklen_t {
    libc::socklen_t::try_from(bytes.len()).unwrap_or(0)
}

fn owned(value: u64) -> Result<OwnedFd, Errno> {
    let fd = i32::try_from(value).map_err(|_| Errno::BADF)?;
    // SAFETY: the kernel has just made this descriptor, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// socket(2). Closed on exec.
pub(crate) fn socket(domain: i32, kind: i32, protocol: i32) -> Result<OwnedFd, Errno> {
    // SAFETY: takes no pointers.
    let fd = unsafe { libc::socket(domain, kind | libc::SOCK_CLOEXEC, protocol) };
    owned(result(fd.into())?)
}

/// socketpair(2) of the Unix domain. Closed on exec.
pub(crate) fn pair(kind: i32) -> Result<(OwnedFd, OwnedFd), Errno> {
    let mut fds = [0; 2];
    // SAFETY: the kernel writes the two numbers.
    result(unsafe { libc::socketpair(libc::AF_UNIX, kind | libc::SOCK_CLOEXEC, 0, fds.as_mut_ptr()) }.into())?;
    let [first, second] = fds.map(|fd| owned(u64::from(fd.cast_unsigned())));
    Ok((first?, second?))
}

/// bind(2)
pub(crate) fn bind(fd: BorrowedFd<'_>, address: &[u8]) -> Result<u64, Errno> {
    // SAFETY: the kernel reads the bytes given.
    result(unsafe { libc::bind(fd.as_raw_fd(), address.as_ptr().cast(), length(address)) }.into())
}

/// connect(2)
pub(crate) fn connect(fd: BorrowedFd<'_>, address: &[u8]) -> Result<u64, Errno> {
    // SAFETY: the kernel reads the bytes given.
    result(unsafe { libc::connect(fd.as_raw_fd(), address.as_ptr().cast(), length(address)) }.into())
}

/// listen(2)
pub(crate) fn listen(fd: BorrowedFd<'_>, backlog: i32) -> Result<u64, Errno> {
    // SAFETY: takes no pointers.
    result(unsafe { libc::listen(fd.as_raw_fd(), backlog) }.into())
}

/// shutdown(2)
pub(crate) fn shutdown(fd: BorrowedFd<'_>, how: i32) -> Result<u64, Errno> {
    // SAFETY: takes no pointers.
    result(unsafe { libc::shutdown(fd.as_raw_fd(), how) }.into())
}

/// Calls with a buffer for an address; what was written to it.
fn with_address(
    call: impl FnOnce(*mut libc::sockaddr, *mut libc::socklen_t) -> libc::c_long,
) -> Result<(u64, Vec<u8>), Errno> {
    let mut address = vec![0; ADDRESS_SIZE];
    let mut len = length(&address);
    let value = result(call(address.as_mut_ptr().cast(), &raw mut len))?;
    address.truncate(len as usize);
    Ok((value, address))
}

/// accept4(2): the new socket, closed on exec, and the peer's address.
pub(crate) fn accept(fd: BorrowedFd<'_>, nonblocking: bool) -> Result<(OwnedFd, Vec<u8>), Errno> {
    let flags = libc::SOCK_CLOEXEC | if nonblocking { libc::SOCK_NONBLOCK } else { 0 };
    // SAFETY: the kernel writes at most the length given.
    let (value, address) =
        with_address(|address, len| unsafe { libc::accept4(fd.as_raw_fd(), address, len, flags) }.into())?;
    Ok((owned(value)?, address))
}

/// getsockname(2)
pub(crate) fn local_address(fd: BorrowedFd<'_>) -> Result<Vec<u8>, Errno> {
    // SAFETY: the kernel writes at most the length given.
    with_address(|address, len| unsafe { libc::getsockname(fd.as_raw_fd(), address, len) }.into())
        .map(|(_, address)| address)
}

/// getpeername(2)
pub(crate) fn peer_address(fd: BorrowedFd<'_>) -> Result<Vec<u8>, Errno> {
    // SAFETY: the kernel writes at most the length given.
    with_address(|address, len| unsafe { libc::getpeername(fd.as_raw_fd(), address, len) }.into())
        .map(|(_, address)| address)
}

/// sendto(2); without an address when that is empty.
pub(crate) fn send(fd: BorrowedFd<'_>, data: &[u8], flags: i32, address: &[u8]) -> Result<usize, Errno> {
    let to = if address.is_empty() { std::ptr::null() } else { address.as_ptr() };
    // SAFETY: the kernel reads the bytes given.
    let sent =
        unsafe { libc::sendto(fd.as_raw_fd(), data.as_ptr().cast(), data.len(), flags, to.cast(), length(address)) };
    result(sent as libc::c_long).map(|sent| sent as usize)
}

/// What recvmsg(2) tells beside the data.
#[derive(Debug)]
pub(crate) struct Received {
    /// Bytes of the message, which may be more than the buffer has.
    pub(crate) len: usize,
    pub(crate) flags: i32,
    pub(crate) address: Vec<u8>,
}

/// recvmsg(2) into one buffer, without room for descriptors or other extras.
pub(crate) fn receive(fd: BorrowedFd<'_>, data: &mut [u8], flags: i32) -> Result<Received, Errno> {
    let mut address = vec![0; ADDRESS_SIZE];
    let mut piece = libc::iovec { iov_base: data.as_mut_ptr().cast(), iov_len: data.len() };
    // SAFETY: a message of zeros is one without buffers.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_name = address.as_mut_ptr().cast();
    message.msg_namelen = length(&address);
    message.msg_iov = &raw mut piece;
    message.msg_iovlen = 1;
    // SAFETY: all buffers are as long as the message says.
    let received = unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut message, flags) };
    let len = result(received as libc::c_long)? as usize;
    address.truncate(message.msg_namelen as usize);
    Ok(Received { len, flags: message.msg_flags, address })
}

/// setsockopt(2)
pub(crate) fn set_option(fd: BorrowedFd<'_>, level: i32, name: i32, value: &[u8]) -> Result<u64, Errno> {
    // SAFETY: the kernel reads the bytes given.
    result(unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, value.as_ptr().cast(), length(value)) }.into())
}

/// getsockopt(2)
pub(crate) fn option(fd: BorrowedFd<'_>, level: i32, name: i32, size: usize) -> Result<Vec<u8>, Errno> {
    let mut value = vec![0; size.min(OPTION_SIZE)];
    let mut len = length(&value);
    // SAFETY: the kernel writes at most the length given.
    let done = unsafe { libc::getsockopt(fd.as_raw_fd(), level, name, value.as_mut_ptr().cast(), &raw mut len) };
    result(done.into())?;
    value.truncate(len as usize);
    Ok(value)
}
