//! Response files: `@file` stands for the words in the file.

use std::fs;

use crate::error::{Error, Result};

/// How deep response files may name others. A file that names itself would
/// otherwise never end.
const DEPTH: u32 = 20;

/// Replaces each `@file` by the file's words. As gcc and clang have it, an
/// `@word` that names no file stays as it is.
pub(super) fn expand(arguments: impl IntoIterator<Item = String>) -> Result<Vec<String>> {
    let mut out = Vec::new();
    for argument in arguments {
        add(argument, DEPTH, &mut out)?;
    }
    Ok(out)
}

fn add(argument: String, depth: u32, out: &mut Vec<String>) -> Result {
    let text = match argument.strip_prefix('@').map(fs::read_to_string) {
        Some(Ok(text)) => text,
        Some(Err(_)) | None => {
            out.push(argument);
            return Ok(());
        }
    };
    if depth == 0 {
        return Err(Error::Usage(format!("{argument}: response files that name each other without end")));
    }
    for word in words(&text) {
        add(word, depth - 1, out)?;
    }
    Ok(())
}

/// Splits text into words: white space separates, `\` quotes one character,
/// `'...'` and `"..."` quote several, and `\` works within `"..."` too.
fn words(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => {
                // A backslash at the end of a line joins it to the next one.
                if let Some(next) = chars.next().filter(|next| *next != '\n') {
                    word.get_or_insert_default().push(next);
                }
            }
            (_, Some(open)) if c == open => quote = None,
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default(); // '' is an empty word
            }
            (_, None) if c.is_whitespace() => out.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    out.extend(word);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_words_as_compilers_do() {
        assert_eq!(words("-c a.c\n\t-o 'b c.o'"), ["-c", "a.c", "-o", "b c.o"]);
        assert_eq!(words(r#"-DX=\"s\" "a\"b" 'c\d' '' e"f"g"#), [r#"-DX="s""#, "a\"b", r"c\d", "", "efg"]);
        assert_eq!(words("a\\\nb  "), ["ab"]);
        assert_eq!(words(" \n "), [""; 0]);
        assert_eq!(words("'open"), ["open"]);
    }

    #[test]
    fn nested_missing_and_endless_files() {
        let dir = std::env::temp_dir().join(format!("lfi-response-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let (inner, outer, endless) = (dir.join("inner"), dir.join("outer"), dir.join("endless"));
        fs::write(&inner, "-DA -DB").unwrap();
        fs::write(&outer, format!("x.c @{} y.c", inner.display())).unwrap();
        fs::write(&endless, format!("@{}", endless.display())).unwrap();
        let expand = |word: String| expand([word]);
        assert_eq!(expand(format!("@{}", outer.display())).unwrap(), ["x.c", "-DA", "-DB", "y.c"]);
        assert_eq!(expand("@no/such/file".to_owned()).unwrap(), ["@no/such/file"]);
        assert!(matches!(expand(format!("@{}", endless.display())), Err(Error::Usage(_))));
        fs::remove_dir_all(&dir).unwrap();
    }
}
