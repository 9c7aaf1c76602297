//! zlib as a shared object of the host.
#![allow(unsafe_code)] // what the sandbox saves its users from

use std::error::Error;

use libloading::Library;

type Transform = unsafe extern "C" fn(*mut u8, *mut u64, *const u8, u64) -> i32;

/// The library, and a buffer for its results.
pub(crate) struct Native {
    compress: Transform,
    uncompress: Transform,
    flags: unsafe extern "C" fn() -> u64,
    output: Vec<u8>,
    // What the functions are in.
    _library: Library,
}

impl Native {
    /// Loads the library for data of `len` bytes.
    pub(crate) fn load(path: &str, len: usize) -> Result<Self, Box<dyn Error>> {
        // SAFETY: zlib has no constructors.
        let library = unsafe { Library::new(path) }?;
        // SAFETY: the type is that of zlib.h, as below.
        let bound = unsafe { *library.get::<unsafe extern "C" fn(u64) -> u64>(c"compressBound")? };
        // SAFETY: a computation.
        let capacity = unsafe { bound(len as u64) };
        Ok(Self {
            // SAFETY: as above.
            compress: unsafe { *library.get(c"compress")? },
            // SAFETY: as above.
            uncompress: unsafe { *library.get(c"uncompress")? },
            // SAFETY: as above.
            flags: unsafe { *library.get(c"zlibCompileFlags")? },
            output: vec![0; usize::try_from(capacity)?],
            _library: library,
        })
    }

    pub(crate) fn compress(&mut self, data: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
        self.transform(self.compress, data)
    }

    pub(crate) fn uncompress(&mut self, data: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
        self.transform(self.uncompress, data)
    }

    fn transform(&mut self, function: Transform, data: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
        let mut len = self.output.len() as u64;
        // SAFETY: both buffers are as long as is said.
        let status = unsafe { function(self.output.as_mut_ptr(), &raw mut len, data.as_ptr(), data.len() as u64) };
        if status != 0 {
            return Err(format!("zlib, native: status {status}").into());
        }
        Ok(self.output[..usize::try_from(len)?].to_vec())
    }

    pub(crate) fn flags(&self) -> u64 {
        // SAFETY: gives back a constant.
        unsafe { (self.flags)() }
    }
}
