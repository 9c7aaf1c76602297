//! Whether two decoders' names mean the same instruction.

use iced_x86::Mnemonic;

/// Conditions as iced spells them, and as XED does where that differs.
const CONDITIONS: [(&str, &str); 6] =
    [("e", "z"), ("ne", "nz"), ("a", "nbe"), ("ae", "nb"), ("g", "nle"), ("ge", "nl")];

/// Other names that differ.
const SYNONYMS: [(&str, &str); 3] = [
    ("endbr64", "nop"), // what it is on processors without CET
    ("wait", "fwait"),
    ("prefetch", "prefetch_exclusive"), // 0f 0d /0 with AMD and with Intel
];

/// Whether iced's mnemonic and XED's instruction class mean the same.
pub(crate) fn same_name(iced: Mnemonic, xed: &str) -> bool {
    let iced = format!("{iced:?}").to_lowercase();
    let xed = xed.to_lowercase();
    // XED puts prefixes, and what tells namesakes apart, into the name.
    let mut plain = xed.as_str();
    for prefix in ["rep_", "repe_", "repne_"] {
        plain = plain.strip_prefix(prefix).unwrap_or(plain);
    }
    for suffix in ["_lock", "_near", "_xmm", "_sse4", "_c5"] {
        plain = plain.strip_suffix(suffix).unwrap_or(plain);
    }
    iced == plain || SYNONYMS.contains(&(&iced, plain)) || same_condition(&iced, plain)
}

fn same_condition(iced: &str, xed: &str) -> bool {
    ["j", "cmov", "set"].into_iter().any(|stem| match (iced.strip_prefix(stem), xed.strip_prefix(stem)) {
        (Some(iced), Some(xed)) => CONDITIONS.contains(&(iced, xed)),
        _ => false,
    })
}
