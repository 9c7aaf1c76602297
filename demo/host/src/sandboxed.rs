//! zlib in a sandbox.

use std::{error::Error, path::Path};

use lfi::{Config, Engine, Func, Module, Sandbox, SandboxPtr};

/// The signature of `compress` and of `uncompress`.
type Transform = Func<(SandboxPtr<u8>, SandboxPtr<u64>, SandboxPtr<u8>, u64), i32>;

/// The library, and buffers in its sandbox.
pub(crate) struct Sandboxed {
    sandbox: Sandbox,
    compress: Transform,
    uncompress: Transform,
    flags: Func<(), u64>,
    input: SandboxPtr<u8>,
    output: SandboxPtr<u8>,
    len: SandboxPtr<u64>,
    capacity: u64,
}

impl Sandboxed {
    /// Loads the library and makes room for `data`, compressed or not.
    pub(crate) fn load(path: impl AsRef<Path>, data: &[u8]) -> Result<Self, Box<dyn Error>> {
        let engine = Engine::new(&Config::default())?;
        let mut sandbox = Sandbox::new(&engine, &Module::open(path)?)?;
        let bound = sandbox.func::<(u64,), u64>("compressBound")?;
        let capacity = bound.call(&mut sandbox, (data.len() as u64,))?;
        Ok(Self {
            compress: sandbox.func("compress")?,
            uncompress: sandbox.func("uncompress")?,
            flags: sandbox.func("zlibCompileFlags")?,
            input: sandbox.alloc(capacity as usize)?,
            output: sandbox.alloc(capacity as usize)?,
            len: sandbox.alloc(1)?,
            capacity,
            sandbox,
        })
    }

    pub(crate) fn compress(&mut self, data: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
        self.transform(self.compress, data)
    }

    pub(crate) fn uncompress(&mut self, data: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
        self.transform(self.uncompress, data)
    }

    /// In, through, out.
    fn transform(&mut self, function: Transform, data: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
        let sandbox = &mut self.sandbox;
        sandbox.write(self.input, data)?;
        sandbox.write(self.len, &[self.capacity])?;
        let status = function.call(sandbox, (self.output, self.len, self.input, data.len() as u64))?;
        if status != 0 {
            return Err(format!("zlib, sandboxed: status {status}").into());
        }
        let len = sandbox.read_value(self.len)?;
        Ok(sandbox.read_vec(self.output, usize::try_from(len)?)?)
    }

    /// As small a call as there is.
    pub(crate) fn flags(&mut self) -> Result<u64, Box<dyn Error>> {
        Ok(self.flags.call(&mut self.sandbox, ())?)
    }

    /// What becomes of a wild pointer.
    pub(crate) fn fault(mut self) -> String {
        let wild = SandboxPtr::new(0xbad);
        match self.uncompress.call(&mut self.sandbox, (wild, self.len, self.input, 100)) {
            Ok(status) => format!("none: status {status}"),
            Err(error) => error.to_string(),
        }
    }
}
