//! Addresses: what a program says becomes what the host is told, if it may.

use crate::{
    fs::{Last, host_path},
    host::socket::ADDRESS_SIZE,
    policy::Network,
    process::Process,
};
use rustix::io::Errno;
use std::{
    ffi::CString,
    net::{Ipv4Addr, Ipv6Addr},
    os::fd::{AsFd, OwnedFd},
};

/// What an address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be the socket's own.
    Bind,
    /// To be sent to.
    Reach,
}

/// An address for the host.
#[derive(Debug)]
pub(super) struct Target {
    bytes: Vec<u8>,
    /// The file that a path in it goes by, held until the call is done.
    _held: Option<OwnedFd>,
}

impl Target {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The bytes of an address.
pub(super) fn read_address(process: &Process, at: u64, len: u32) -> Result<Vec<u8>, Errno> {
    if !(2..=ADDRESS_SIZE).contains(&(len as usize)) {
        return Err(Errno::INVAL);
    }
    let mut bytes = vec![0; len as usize];
    process.read_bytes(at, &mut bytes)?;
    Ok(bytes)
}

/// Gives an address to the program, cut to the room that it has; nothing when it
/// does not want one.
pub(super) fn put_address(process: &Process, at: u64, len_at: u64, address: &[u8]) -> Result<(), Errno> {
    if at == 0 {
        return Ok(());
    }
    let room = process.read_u32(len_at)?;
    if room.cast_signed() < 0 {
        return Err(Errno::INVAL);
    }
    process.write_bytes(at, &address[..address.len().min(room as usize)])?;
    process.write_bytes(len_at, &(address.len() as u32).to_ne_bytes())
}

fn family(bytes: &[u8]) -> i32 {
    i32::from(u16::from_ne_bytes([bytes[0], bytes[1]]))
}

/// What a program is shown of an address that the host tells: paths in the Unix
/// domain are the host's, and left out.
pub(super) fn shown(address: &[u8]) -> Vec<u8> {
    match address {
        [a, b, ..] if family(address) == libc::AF_UNIX => vec![*a, *b],
        other => other.to_vec(),
    }
}

/// Checks an address that a program gives for a socket of this domain.
pub(super) fn check(process: &Process, domain: i32, bytes: &[u8], purpose: Purpose) -> Result<Target, Errno> {
    let network = process.policy.network;
    match (family(bytes), domain) {
        (libc::AF_UNIX, libc::AF_UNIX) => unix(process, &bytes[2..], purpose),
        // Ends the connection of a socket. One of the Internet loses its device by that, and takes such an address for
        // one of its own when it sends.
        (libc::AF_UNSPEC, libc::AF_INET | libc::AF_INET6) if network != Network::Full => Err(Errno::ACCESS),
        (libc::AF_UNSPEC, _) if purpose == Purpose::Reach => Ok(Target { bytes: bytes.to_vec(), _held: None }),
        (libc::AF_INET, libc::AF_INET | libc::AF_INET6) => {
            let [_, _, _, _, a, b, c, d, ..] = *bytes else { return Err(Errno::INVAL) };
            let address = Ipv4Addr::new(a, b, c, d);
            internet(bytes, network == Network::Full || address.is_loopback() || address.is_unspecified())
        }
        (libc::AF_INET6, libc::AF_INET6) => {
            let address: [u8; 16] = bytes.get(8..24).and_then(|b| b.try_into().ok()).ok_or(Errno::INVAL)?;
            let address = Ipv6Addr::from(address);
            let near = match address.to_ipv4_mapped() {
                Some(mapped) => mapped.is_loopback() || mapped.is_unspecified(),
                None => address.is_loopback() || address.is_unspecified(),
            };
            internet(bytes, network == Network::Full || near)
        }
        _ => Err(Errno::AFNOSUPPORT),
    }
}

fn internet(bytes: &[u8], allowed: bool) -> Result<Target, Errno> {
    if allowed { Ok(Target { bytes: bytes.to_vec(), _held: None }) } else { Err(Errno::ACCESS) }
}

/// An address of the Unix domain: a path in the sandbox. Names that are no paths
/// belong to the whole host.
fn unix(process: &Process, name: &[u8], purpose: Purpose) -> Result<Target, Errno> {
    if process.policy.network == Network::None {
        // One of a pair, which needs no network, can have other ends, too.
        return Err(Errno::ACCESS);
    }
    match name.first() {
        None => return Err(Errno::INVAL),
        Some(0) => return Err(Errno::ACCESS),
        _ => {}
    }
    let end = name.iter().position(|&b| b == 0).unwrap_or(name.len());
    let path = CString::new(&name[..end]).map_err(|_| Errno::INVAL)?;
    let (text, held) = match purpose {
        Purpose::Bind => {
            let entry = process.files.resolve(libc::AT_FDCWD, &path, Last::Keep)?;
            let (directory, name) = entry.for_socket()?;
            let text = [host_path(directory.as_fd()).as_bytes(), b"/", name.as_bytes()].concat();
            (text, directory)
        }
        Purpose::Reach => {
            let file = process.files.resolve(libc::AT_FDCWD, &path, Last::Follow)?.hold()?;
            if rustix::fs::fstat(&file)?.st_mode & libc::S_IFMT != libc::S_IFSOCK {
                return Err(Errno::CONNREFUSED);
            }
            (host_path(file.as_fd()).into_bytes(), file)
        }
    };
    let mut bytes = (libc::AF_UNIX as u16).to_ne_bytes().to_vec();
    bytes.extend(text);
    bytes.push(0);
    // `sun_path` has 108 bytes.
    if bytes.len() > 110 { Err(Errno::NAMETOOLONG) } else { Ok(Target { bytes, _held: Some(held) }) }
}
