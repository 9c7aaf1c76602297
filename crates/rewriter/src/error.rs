//! What can be wrong with a source file.

use std::fmt;

/// Why a statement was not rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// No row of the mnemonic table has this name.
    UnknownInstruction,
    /// No row of the directive table has this name.
    UnknownDirective,
    /// The instruction is known and can never run in a sandbox; the text says why.
    Refused(&'static str),
    /// Not the syntax of a statement.
    Syntax,
    /// An operand that is neither register, immediate nor memory, or that the
    /// instruction does not take.
    Operand,
    /// A register that sandboxed code has no business with.
    Register,
    /// `%gs:`, or an explicit segment that is not the default one.
    Segment,
    /// A prefix on an instruction that does not take it.
    Prefix,
    /// A prefix statement that no instruction follows.
    LonePrefix,
    /// Data among instructions would have to pass as instructions.
    DataInCode,
    /// An instruction outside an executable section.
    CodeInData,
    /// A macro, repetition or condition that has no end, or an end without one.
    Macro,
    /// Something not supported yet; the text says what.
    Unsupported(&'static str),
    /// A branch to something that is not a label.
    BranchTarget,
    /// A distance counted in bytes, which rewriting changes.
    Distance,
    /// A numeric label that is referred to but not defined.
    UndefinedLocal,
    /// A write of the stack pointer that has no sandboxed form.
    StackWrite,
    /// The flags are read after a call; sandboxed returns change them.
    FlagsFromCall,
    /// `%r11` is read after a call; sandboxed returns change it.
    R11FromCall,
    /// The flags are read after something whose sandboxed form changes them.
    FlagsLive,
    /// The sandboxed form needs `%r11`, which the code around it uses.
    R11Live,
    /// General-dynamic, local-dynamic and descriptor thread-local accesses.
    DynamicTls,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownInstruction => "unknown instruction",
            Self::UnknownDirective => "unknown directive",
            Self::Refused(why) | Self::Unsupported(why) => why,
            Self::Syntax => "syntax error",
            Self::Operand => "unknown operand",
            Self::Register => "this register is not available in a sandbox",
            Self::Segment => "segment override",
            Self::Prefix => "this prefix does not go with this instruction",
            Self::LonePrefix => "a prefix without an instruction",
            Self::DataInCode => "data in an executable section",
            Self::CodeInData => "an instruction outside an executable section",
            Self::Macro => "a macro, repetition or condition without its other end",
            Self::BranchTarget => "the target of a branch must be a label",
            Self::Distance => "a distance in bytes from here changes by rewriting; use a label",
            Self::UndefinedLocal => "a numeric label that is not defined",
            Self::StackWrite => "this write of the stack pointer has no sandboxed form",
            Self::FlagsFromCall => "the callee returns a result in flags; sandboxed returns change them",
            Self::R11FromCall => "the callee is expected to leave %r11 alone; sandboxed returns change it",
            Self::FlagsLive => "the flags are used after this instruction, whose sandboxed form changes them",
            Self::R11Live => "the sandboxed form needs %r11, which is in use here",
            Self::DynamicTls => "dynamic thread-local access; compile with -ftls-model=initial-exec or local-exec",
        })
    }
}

/// One statement that was not rewritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// File, as named by the caller or by a line marker.
    pub file: String,
    /// Line in that file, from 1.
    pub line: u32,
    /// The statement.
    pub statement: String,
    /// What is wrong with it.
    pub reason: Reason,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, statement, reason } = self;
        write!(f, "{file}:{line}: {reason}: {statement}")
    }
}

impl std::error::Error for Error {}

/// What is wrong with a file: the first errors, at least one, in the order of
/// the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errors(pub(crate) Vec<Error>);

impl Errors {
    /// The single errors.
    pub fn iter(&self) -> std::slice::Iter<'_, Error> {
        self.0.iter()
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}
