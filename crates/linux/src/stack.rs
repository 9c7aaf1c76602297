//! What a program finds on its stack (System V psABI, "Initial Stack and
//! Register State"; getauxval(3)).
//!
//! ```text
//!   rsp -> argc, argv[0..argc], 0, envp[..], 0, auxv[..] (pairs), AT_NULL
//!          random bytes, strings ... top
//! ```

use crate::policy::Source;
use lfi_runtime::{Error, PAGE_SIZE};
use rustix::rand::GetRandomFlags;
use std::ffi::CString;

/// Most bytes of strings and pointers, as ARG_MAX has it: a quarter of the stack.
const LIMIT: u64 = 2 << 20;

/// What goes into the block.
pub(crate) struct Image<'a> {
    pub(crate) base: u64,
    /// One past the stack's last byte.
    pub(crate) top: u64,
    /// Virtual address and number.
    pub(crate) program_headers: Option<(u64, u64)>,
    pub(crate) entry: u64,
    /// Address of the module's virtual address 0.
    pub(crate) module: u64,
    pub(crate) arguments: &'a [CString],
    pub(crate) environment: &'a [CString],
}

impl Image<'_> {
    /// The stack pointer, and the bytes from there to the top. None when they
    /// are too many.
    pub(crate) fn build(&self, source: &Source) -> Result<Option<(u64, Vec<u8>)>, Error> {
        let strings = || self.arguments.iter().chain(self.environment).map(|s| s.as_bytes_with_nul());
        let string_bytes: u64 = strings().map(|s| s.len() as u64).sum();
        let pointers = (self.arguments.len() + self.environment.len()) as u64 * 8;
        if string_bytes + pointers > LIMIT {
            return Ok(None);
        }

        // Strings, then random bytes below them.
        let first_string = self.top - string_bytes;
        let mut random = [0u8; 16];
        source.fill(&mut random, GetRandomFlags::empty()).map_err(|e| Error::Host("getrandom", e.into()))?;
        let random_at = (first_string - random.len() as u64) / 16 * 16;

        let mut words = vec![self.arguments.len() as u64];
        let mut at = first_string;
        for list in [self.arguments, self.environment] {
            for string in list {
                words.push(at);
                at += string.as_bytes_with_nul().len() as u64;
            }
            words.push(0);
        }
        for (key, value) in self.auxiliary(random_at, first_string) {
            words.extend([key, value]);
        }

        let stack_pointer = (random_at - words.len() as u64 * 8) / 16 * 16;
        let mut block: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        block.resize((random_at - stack_pointer) as usize, 0);
        block.extend(random);
        block.resize((first_string - stack_pointer) as usize, 0);
        strings().for_each(|s| block.extend(s));
        debug_assert!(stack_pointer >= self.base);
        Ok(Some((stack_pointer, block)))
    }

    /// The auxiliary vector. No `AT_SYSINFO_EHDR`: the host's vDSO is not the
    /// sandbox's. No `AT_HWCAP2`: its one bit says that the program may write
    /// its own `%fs` base, which it may not.
    fn auxiliary(&self, random: u64, name: u64) -> Vec<(u64, u64)> {
        let same = |key| (key, host_auxiliary(key));
        let mut vector = vec![
            (libc::AT_PAGESZ, PAGE_SIZE),
            (libc::AT_ENTRY, self.entry),
            (libc::AT_BASE, 0),
            (libc::AT_FLAGS, 0),
            (libc::AT_SECURE, 0),
            (libc::AT_RANDOM, random),
            (libc::AT_CLKTCK, 100),
            same(libc::AT_HWCAP),
            same(libc::AT_UID),
            same(libc::AT_EUID),
            same(libc::AT_GID),
            same(libc::AT_EGID),
            same(libc::AT_MINSIGSTKSZ),
        ];
        if let Some((address, count)) = self.program_headers {
            vector.extend([(libc::AT_PHDR, self.module + address), (libc::AT_PHENT, 56), (libc::AT_PHNUM, count)]);
        }
        if !self.arguments.is_empty() {
            vector.push((libc::AT_EXECFN, name));
        }
        vector.push((libc::AT_NULL, 0));
        vector
    }
}

fn host_auxiliary(key: libc::c_ulong) -> u64 {
    crate::host::auxiliary(key)
}
