//! Assembly as text for the rewriter, and as bytes for everyone else.

use lfi_abi::Target;
use lfi_rewriter::Assembler;

use crate::{
    error::{Error, Result},
    options::Options,
};

/// One file of assembly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assembly {
    text: String,
    /// The bytes were not UTF-8, which comments (the compiler's too) and
    /// strings need not be: each character stands for one byte.
    bytewise: bool,
}

impl Assembly {
    /// Any bytes will do.
    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self { text, bytewise: false },
            Err(error) => Self { text: error.as_bytes().iter().copied().map(char::from).collect(), bytewise: true },
        }
    }

    /// The bytes that this is the text of.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        if !self.bytewise {
            return self.text.into_bytes();
        }
        // The rewriter adds nothing but ASCII, so that every character fits.
        self.text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect()
    }

    /// What the rewriter makes of it; its errors name the file `name`.
    pub(crate) fn rewrite(&self, name: &str, options: &Options) -> Result<Self> {
        let (kind, returns) = (options.kind, options.returns);
        let options = lfi_rewriter::Options { target: Target::X64, kind, returns, assembler: Assembler::Clang };
        let text =
            lfi_rewriter::rewrite(&self.text, name, &options).map_err(|errors| Error::Rewrite(errors.to_string()))?;
        Ok(Self { text, bytewise: self.bytewise })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_come_through() {
        let every: Vec<u8> = (0..=255).collect();
        for bytes in [every, "# ü\n".as_bytes().to_vec(), Vec::new()] {
            assert_eq!(Assembly::from_bytes(bytes.clone()).into_bytes(), bytes);
        }
        let source = Assembly::from_bytes(b"\t.data\n\t.ascii \"\xf0\xff\"\t# \xf0\n".to_vec());
        let rewritten = source.rewrite("x.s", &Options::default()).unwrap().into_bytes();
        assert!(rewritten.windows(4).any(|window| window == b"\"\xf0\xff\""), "{rewritten:?}");
    }
}
