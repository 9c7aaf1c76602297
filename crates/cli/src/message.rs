//! Messages of the tools.
//!
//! They contain what was found in files that nobody vouches for: names of
//! symbols, lines of assembly. So they are shown escaped, or a file could send
//! commands to the user's terminal, and they have a limit. And a message that
//! cannot be written, because the reader of a pipe has gone or a disk is full,
//! changes nothing: the exit status says what the tool found.

use std::{fmt::Display, io::Write};

/// Most characters of a name that are shown.
const MOST_OF_NAME: usize = 120;
/// Most characters of a message that are shown.
const MOST_OF_MESSAGE: usize = 2000;

/// Writes `tool: message` as one line to standard error, printable and cut to
/// some 2000 characters. Never fails.
pub fn complain(tool: &str, message: impl Display) {
    let line = format!("{tool}: {}\n", printable(&message.to_string(), MOST_OF_MESSAGE));
    // In one write: lines of processes that run side by side stay whole.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Writes a text of the tool's own to standard output, as it is. Never fails.
pub fn say(text: impl Display) {
    let mut output = std::io::stdout().lock();
    let _ = output.write_all(text.to_string().as_bytes()).and_then(|()| output.flush());
}

/// A name as messages show it: printable, and cut to 120 characters.
pub fn name(text: &str) -> String {
    printable(text, MOST_OF_NAME)
}

/// The text with everything escaped that a terminal would not show as a
/// character, on one line, and `...` instead of what is beyond `most` characters.
fn printable(text: &str, most: usize) -> String {
    let mut shown = String::new();
    for (index, c) in text.chars().enumerate() {
        if index == most {
            shown.push_str("...");
            break;
        }
        match c {
            '\t' => shown.push(' '),
            // Quotation marks and backslashes are no danger.
            ' '..='~' => shown.push(c),
            _ => shown.extend(c.escape_debug()),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_but_characters() {
        assert_eq!(name("f<int>::\"g\" + 'h'\\"), "f<int>::\"g\" + 'h'\\");
        assert_eq!(name("Gr\u{fc}\u{df}e, \u{4f60}"), "Gr\u{fc}\u{df}e, \u{4f60}");
        assert_eq!(name("a\tb\n\x1b]0;title\x07\x1b[2J\r\x7f\0"), r"a b\n\u{1b}]0;title\u{7}\u{1b}[2J\r\u{7f}\0");
        // The other introducer of a sequence, and signs that turn the text around.
        assert_eq!(name("\u{9b}2J \u{202e}\u{2066}\u{200f}\u{feff}"), r"\u{9b}2J \u{202e}\u{2066}\u{200f}\u{feff}");
        for c in (0..=0x9f).filter_map(char::from_u32).filter(|c| c.is_control()) {
            assert!(!printable(&c.to_string(), 9).chars().any(char::is_control), "{c:?}");
        }
    }

    #[test]
    fn long_texts_are_cut() {
        let cut = name(&"x".repeat(1 << 20));
        assert_eq!((cut.len(), cut.ends_with("x...")), (123, true));
        assert_eq!(name(&"x".repeat(120)).len(), 120);
    }
}
