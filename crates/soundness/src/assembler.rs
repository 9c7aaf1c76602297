//! LLVM's assembler in this process: the one that clang has, without a process for each file.
#![allow(unsafe_code)] // calls the C interface of libLLVM

use libloading::Library;
use std::{
    ffi::{CStr, c_char, c_int, c_void},
    ptr, slice,
};

/// The version that the toolchain uses; Debian's file name.
const LIBRARY: &str = "libLLVM.so.19.1";
const TRIPLE: &CStr = c"x86_64-linux-musl";
/// `LLVMObjectFile` of `LLVMCodeGenFileType`.
const OBJECT_FILE: c_int = 1;
/// `LLVMRelocPIC` of `LLVMRelocMode`.
const POSITION_INDEPENDENT: c_int = 2;

type Opaque = *mut c_void;

/// A loaded libLLVM.
#[derive(Debug)]
pub struct Assembler {
    library: Library,
}

/// A function of libLLVM, with its type given by use.
macro_rules! function {
    ($self:ident, $name:expr, ($($parameter:ty),*) $(-> $result:ty)?) => {{
        type Function = unsafe extern "C" fn($($parameter),*) $(-> $result)?;
        // SAFETY: the type is that of the C header (llvm-c).
        let function = unsafe { $self.library.get::<Function>($name.to_bytes_with_nul()) };
        *function.map_err(|error| error.to_string())?
    }};
}

impl Assembler {
    /// Loads the library.
    ///
    /// # Errors
    /// When it is not installed, or of another kind.
    pub fn new() -> Result<Self, String> {
        // SAFETY: its initialisers are made to be run in any process.
        let library = unsafe { Library::new(LIBRARY) }.map_err(|error| error.to_string())?;
        let this = Self { library };
        for name in [
            c"LLVMInitializeX86TargetInfo",
            c"LLVMInitializeX86Target",
            c"LLVMInitializeX86TargetMC",
            c"LLVMInitializeX86AsmPrinter",
            c"LLVMInitializeX86AsmParser",
        ] {
            let initialize = function!(this, name, ());
            // SAFETY: may be called any number of times.
            unsafe { initialize() };
        }
        Ok(this)
    }

    /// Makes an object file of assembly text.
    ///
    /// # Errors
    /// What the assembler says about the text.
    pub fn assemble(&self, text: &str) -> Result<Vec<u8>, String> {
        let create_context = function!(self, c"LLVMContextCreate", () -> Opaque);
        let dispose_context = function!(self, c"LLVMContextDispose", (Opaque));
        let set_handler =
            function!(self, c"LLVMContextSetDiagnosticHandler", (Opaque, extern "C" fn(Opaque, Opaque), Opaque));
        // SAFETY: has no preconditions.
        let context = unsafe { create_context() };
        let mut messages = Messages { assembler: self, errors: Vec::new() };
        // SAFETY: the messages live longer than the context.
        unsafe { set_handler(context, on_diagnostic, (&raw mut messages).cast()) };
        let result = self.module(context, text);
        // SAFETY: made above; what belonged to it is gone.
        unsafe { dispose_context(context) };
        match messages.errors.is_empty() {
            true => result,
            false => Err(messages.errors.join("\n")),
        }
    }

    /// Assembles as the only contents of a module.
    fn module(&self, context: Opaque, text: &str) -> Result<Vec<u8>, String> {
        let create = function!(self, c"LLVMModuleCreateWithNameInContext", (*const c_char, Opaque) -> Opaque);
        let dispose = function!(self, c"LLVMDisposeModule", (Opaque));
        let set_target = function!(self, c"LLVMSetTarget", (Opaque, *const c_char));
        let set_assembly = function!(self, c"LLVMSetModuleInlineAsm2", (Opaque, *const c_char, usize));
        // SAFETY: the context is alive.
        let module = unsafe { create(c"".as_ptr(), context) };
        // SAFETY: the module is alive.
        unsafe { set_target(module, TRIPLE.as_ptr()) };
        // SAFETY: the module is alive; the text is copied.
        unsafe { set_assembly(module, text.as_ptr().cast(), text.len()) };
        let result = self.emit(module);
        // SAFETY: made above.
        unsafe { dispose(module) };
        result
    }

    fn emit(&self, module: Opaque) -> Result<Vec<u8>, String> {
        let find = function!(self, c"LLVMGetTargetFromTriple", (*const c_char, *mut Opaque, *mut *mut c_char) -> c_int);
        let create = function!(
            self,
            c"LLVMCreateTargetMachine",
            (Opaque, *const c_char, *const c_char, *const c_char, c_int, c_int, c_int) -> Opaque
        );
        let dispose = function!(self, c"LLVMDisposeTargetMachine", (Opaque));
        let emit = function!(
            self,
            c"LLVMTargetMachineEmitToMemoryBuffer",
            (Opaque, Opaque, c_int, *mut *mut c_char, *mut Opaque) -> c_int
        );
        let (mut target, mut message) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: the triple is a string; both results are written.
        if unsafe { find(TRIPLE.as_ptr(), &raw mut target, &raw mut message) } != 0 {
            return Err(self.message(message)?);
        }
        let empty = c"".as_ptr();
        // SAFETY: the target was found; the levels are in range.
        let machine = unsafe { create(target, TRIPLE.as_ptr(), empty, empty, 0, POSITION_INDEPENDENT, 0) };
        let mut buffer = ptr::null_mut();
        // SAFETY: machine and module are alive; both results are written.
        let failed = unsafe { emit(machine, module, OBJECT_FILE, &raw mut message, &raw mut buffer) } != 0;
        // SAFETY: made above.
        unsafe { dispose(machine) };
        if failed { Err(self.message(message)?) } else { self.contents(buffer) }
    }

    /// The contents of a buffer, which is disposed of.
    fn contents(&self, buffer: Opaque) -> Result<Vec<u8>, String> {
        let start = function!(self, c"LLVMGetBufferStart", (Opaque) -> *const u8);
        let size = function!(self, c"LLVMGetBufferSize", (Opaque) -> usize);
        let dispose = function!(self, c"LLVMDisposeMemoryBuffer", (Opaque));
        // SAFETY: the buffer is alive.
        let (start, size) = (unsafe { start(buffer) }, unsafe { size(buffer) });
        // SAFETY: the buffer's own bytes.
        let bytes = unsafe { slice::from_raw_parts(start, size) }.to_vec();
        // SAFETY: not used any more.
        unsafe { dispose(buffer) };
        Ok(bytes)
    }

    /// The text of a message of LLVM's, which is disposed of.
    fn message(&self, message: *mut c_char) -> Result<String, String> {
        let dispose = function!(self, c"LLVMDisposeMessage", (*mut c_char));
        // SAFETY: a string that is ours.
        let text = unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned();
        // SAFETY: not used any more.
        unsafe { dispose(message) };
        Ok(text)
    }
}

/// What diagnostics are collected in.
struct Messages<'a> {
    assembler: &'a Assembler,
    errors: Vec<String>,
}

impl Messages<'_> {
    fn add(&mut self, diagnostic: Opaque) -> Result<(), String> {
        let this = self.assembler;
        let severity = function!(this, c"LLVMGetDiagInfoSeverity", (Opaque) -> c_int);
        let describe = function!(this, c"LLVMGetDiagInfoDescription", (Opaque) -> *mut c_char);
        // SAFETY: the diagnostic is alive during the call. 0 is an error.
        if unsafe { severity(diagnostic) } == 0 {
            // SAFETY: as above.
            let text = unsafe { describe(diagnostic) };
            self.errors.push(this.message(text)?);
        }
        Ok(())
    }
}

extern "C" fn on_diagnostic(diagnostic: Opaque, messages: Opaque) {
    // SAFETY: what `assemble` has set, which nobody else uses meanwhile.
    let messages = unsafe { &mut *messages.cast::<Messages<'_>>() };
    if let Err(error) = messages.add(diagnostic) {
        messages.errors.push(error);
    }
}
