//! Splits GNU assembly into statements: comments, separators, line markers.
//!
//! Statements end at a newline or `;`. Comments are `# ...`, `// ...` and
//! `/* ... */`. `# 12 "file.S"` (from a preprocessor) says where the next line
//! came from.

use std::borrow::Cow;

use crate::expr::is_name;

/// One statement, labels and all, without comments and surrounding space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statement<'a> {
    pub(crate) text: &'a str,
    /// Line of the text that was read, from 0.
    pub(crate) line: u32,
}

/// `line` of the text that was read is `number` of `file`.
#[derive(Clone, Copy, Debug)]
struct Marker<'a> {
    line: u32,
    file: &'a str,
    number: u32,
}

/// Iterator over the statements of a text without block comments.
pub(crate) struct Source<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    markers: Vec<Marker<'a>>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 0, markers: Vec::new() }
    }

    /// Where a line (from 0) came from: file, unless no marker names one, and
    /// line from 1.
    pub(crate) fn origin(&self, line: u32) -> (Option<&'a str>, u32) {
        let after = self.markers.partition_point(|m| m.line <= line);
        match after.checked_sub(1).and_then(|i| self.markers.get(i)) {
            // gcc ends inline assembly with an empty name: back to this file.
            Some(m) if !m.file.is_empty() => (Some(m.file), m.number.saturating_add(line - m.line)),
            _ => (None, line + 1),
        }
    }

    /// Where a part of the text begins in it.
    pub(crate) fn offset(&self, part: &str) -> usize {
        part.as_ptr() as usize - self.text.as_ptr() as usize
    }

    /// Skips a comment, whose first byte is at `self.at`; notes a line marker.
    fn skip_comment(&mut self) {
        let rest = &self.text[self.at..];
        let comment = &rest[..rest.find('\n').unwrap_or(rest.len())];
        let starts_line = matches!(self.text[..self.at].bytes().next_back(), None | Some(b'\n'));
        if starts_line && let Some((number, file)) = line_marker(comment) {
            self.markers.push(Marker { line: self.line + 1, file, number });
        }
        self.at += comment.len();
    }
}

impl<'a> Iterator for Source<'a> {
    type Item = Statement<'a>;

    fn next(&mut self) -> Option<Statement<'a>> {
        let bytes = self.text.as_bytes();
        loop {
            match *bytes.get(self.at)? {
                b'\n' => {
                    self.line += 1;
                    self.at += 1;
                }
                b' ' | b'\t' | b'\r' | b'\x0c' | b';' => self.at += 1,
                b'#' => self.skip_comment(),
                b'/' if bytes.get(self.at + 1) == Some(&b'/') => self.skip_comment(),
                _ => break,
            }
        }
        let start = self.at;
        self.at = end_of_statement(bytes, start);
        Some(Statement { text: self.text[start..self.at].trim_ascii_end(), line: self.line })
    }
}

/// Bytes at which a statement may end or a literal may begin.
const SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let special = b"\n;#/\"'";
    let mut i = 0;
    while i < special.len() {
        table[special[i] as usize] = true;
        i += 1;
    }
    table
};

/// Where the statement that starts at `at` ends.
fn end_of_statement(bytes: &[u8], mut at: usize) -> usize {
    while let Some(&byte) = bytes.get(at) {
        if SPECIAL[usize::from(byte)] {
            match byte {
                b'"' => at = end_of_string(bytes, at),
                b'\'' => at = end_of_character(bytes, at),
                b'/' if bytes.get(at + 1) != Some(&b'/') => {}
                _ => return at,
            }
        }
        at += 1;
    }
    bytes.len().min(at)
}

/// The index of the last byte of the string literal that starts at `at`.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    loop {
        at += 1;
        match bytes.get(at) {
            Some(b'\\') if bytes.get(at + 1).is_some_and(|&b| b != b'\n') => at += 1,
            Some(b'"') => return at,
            // An unterminated literal ends with its line.
            None | Some(b'\n') => return at - 1,
            Some(_) => {}
        }
    }
}

/// The index of the last byte of the character literal that starts at `at`:
/// `'c`, `'c'`, `'\n`.
fn end_of_character(bytes: &[u8], at: usize) -> usize {
    let mut last = at;
    for _ in 0..2 {
        match bytes.get(last + 1) {
            None | Some(b'\n') => return last,
            Some(b'\\') if last == at => last += 1,
            Some(_) => {
                last += 1;
                break;
            }
        }
    }
    if bytes.get(last + 1) == Some(&b'\'') { last + 1 } else { last }
}

/// `# 12 "file" flags` or `#line 12 "file"`.
fn line_marker(comment: &str) -> Option<(u32, &str)> {
    let rest = comment.strip_prefix('#')?.trim_ascii_start();
    let rest = rest.strip_prefix("line").unwrap_or(rest).trim_ascii_start();
    let (number, rest) = rest.split_once(' ')?;
    let number = number.parse().ok()?;
    let rest = rest.trim_ascii_start().strip_prefix('"')?;
    let (file, _) = rest.split_once('"')?;
    Some((number, file))
}

/// `name: rest`
pub(crate) fn split_label(text: &str) -> Option<(&str, &str)> {
    let end = if let Some(quoted) = text.strip_prefix('"') {
        quoted.find('"')? + 2
    } else {
        text.bytes().position(|b| !is_name(b)).filter(|&end| end > 0)?
    };
    let rest = text[end..].trim_ascii_start().strip_prefix(':')?;
    Some((&text[..end], rest))
}

/// The length of the first word: a mnemonic, a directive or a symbol.
pub(crate) fn word_length(text: &str) -> usize {
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted.find('"').map_or(text.len(), |end| end + 2);
    }
    text.bytes().position(|b| b.is_ascii_whitespace() || matches!(b, b'=' | b'"')).unwrap_or(text.len())
}

/// The text with each block comment replaced by spaces (newlines kept).
pub(crate) fn without_block_comments(text: &str) -> Cow<'_, str> {
    if !text.contains("/*") {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (byte, bytes.get(at + 1)) {
            (b'"', _) => at = end_of_string(bytes, at),
            (b'\'', _) => at = end_of_character(bytes, at),
            (b'#', _) | (b'/', Some(b'/')) => {
                while bytes.get(at + 1).is_some_and(|&b| b != b'\n') {
                    at += 1;
                }
            }
            (b'/', Some(b'*')) => {
                out.push_str(&text[copied..at]);
                let comment = &text[at..];
                let length = comment.find("*/").map_or(comment.len(), |end| end + 2);
                out.push(' ');
                out.extend(comment[..length].matches('\n'));
                at += length;
                copied = at;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<(u32, &str)> {
        Source::new(source).map(|s| (s.line, s.text)).collect()
    }

    #[test]
    fn statements() {
        assert_eq!(
            texts("a b ; c # d ; e\n\t# f\n.ascii \"#;\\\"\" // g\ncmp $';', %al\n mov $'#',%al;x\n'"),
            [
                (0, "a b"),
                (0, "c"),
                (2, ".ascii \"#;\\\"\""),
                (3, "cmp $';', %al"),
                (4, "mov $'#',%al"),
                (4, "x"),
                (5, "'")
            ]
        );
        assert_eq!(texts("movq 8/2(%rax), %rax\n/"), [(0, "movq 8/2(%rax), %rax"), (1, "/")]);
    }

    #[test]
    fn block_comments() {
        let text = "a /* b\n c */ d\n# /*\ne '/*' \"/*\" /* open\n";
        assert_eq!(without_block_comments(text), "a  \n d\n# /*\ne '/*' \"/*\"  \n");
    }

    #[test]
    fn markers() {
        let mut source = Source::new("a\n# 12 \"f.S\" 1\nb\nc\n# 0 \"\" 2\nd\n");
        source.by_ref().for_each(drop);
        assert_eq!(source.origin(0), (None, 1));
        assert_eq!(source.origin(2), (Some("f.S"), 12));
        assert_eq!(source.origin(3), (Some("f.S"), 13));
        assert_eq!(source.origin(5), (None, 6));
    }
}
