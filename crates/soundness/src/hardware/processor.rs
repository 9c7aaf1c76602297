//! Which instructions this processor has, as far as the kernel lets them be used.

use iced_x86::Instruction;
use std::{collections::HashSet, fs, io};

/// The features that `/proc/cpuinfo` lists.
#[derive(Debug)]
pub(super) struct Processor {
    features: HashSet<String>,
}

impl Processor {
    pub(super) fn this() -> io::Result<Self> {
        let text = fs::read_to_string("/proc/cpuinfo")?;
        let flags = text.lines().find(|line| line.starts_with("flags")).unwrap_or_default();
        Ok(Self { features: flags.split_whitespace().map(plain).collect() })
    }

    /// Whether everything that the instruction belongs to is there.
    pub(super) fn has(&self, instruction: &Instruction) -> bool {
        instruction.cpuid_features().iter().all(|feature| {
            let name = plain(&format!("{feature:?}"));
            match name.as_str() {
                // Of every processor with 64-bit mode.
                name if name.starts_with("intel") => true,
                "x64" | "cpuid" | "multibytenop" | "pause" | "fpu287" | "fpu387" => true,
                "sse3" => self.features.contains("pni"),
                "lzcnt" => self.features.contains("abm"),
                "cmpxchg16b" => self.features.contains("cx16"),
                "sha" => self.features.contains("shani"),
                name => self.features.contains(name),
            }
        })
    }
}

/// Both sources spell names in their own way.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
