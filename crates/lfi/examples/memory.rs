//! Gives a library data, and gets some back.
//!
//! ```text
//! x86_64-lfi-linux-musl-clang -O2 --lfi-library -o memory.lfi crates/lfi/examples/memory.c
//! cargo run -p lfi --example memory -- memory.lfi
//! ```

use lfi::{Config, Engine, Error, Module, Sandbox, SandboxPtr, SharedBuffer, field};

lfi::c_struct! {
    struct Text { start: SandboxPtr<u8>, length: usize }
}

/// Longer texts are not believed.
const LONGEST: usize = 1 << 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("usage: memory LIBRARY")?;
    let engine = Engine::new(&Config::default())?;
    let mut sandbox = Sandbox::new(&engine, &Module::open(file)?)?;

    // A copy of some bytes in the sandbox.
    let sum = sandbox.func::<(SandboxPtr<u8>, usize), u64>("sum")?;
    let data = sandbox.alloc_from(b"some bytes")?;
    println!("sum of the copy: {}", sum.call(&mut sandbox, (data, 10))?);
    sandbox.free(data)?;

    println!("{}", capitals(&mut sandbox, c"in and out")?);

    // No copy: the sandbox reads the host's buffer.
    let mut buffer = SharedBuffer::new(64 << 20)?;
    let share = sandbox.share(&buffer)?;
    buffer.fill(1);
    println!("sum of the buffer: {}", sum.call(&mut sandbox, (share.pointer(), buffer.len()))?);
    sandbox.unshare(share)?;
    Ok(())
}

/// int capitals(const char *from, struct text *to);
fn capitals(sandbox: &mut Sandbox, text: &std::ffi::CStr) -> Result<String, Error> {
    let capitals = sandbox.func::<(SandboxPtr<u8>, SandboxPtr<Text>), i32>("capitals")?;
    // Freed when the scope ends, on every way out.
    let mut scope = sandbox.scope();
    let from = scope.alloc_c_str(text)?;
    let to = scope.alloc::<Text>(1)?;
    if capitals.call(&mut scope, (from, to))? != 0 {
        return Err(Error::OutOfMemory);
    }
    // A copy: what the library says could be different the next time.
    let start = scope.read_value(field!(to, Text.start))?;
    let result = scope.read_c_str(start, LONGEST)?;
    scope.free(start)?;
    Ok(result.to_string_lossy().into_owned())
}
