//! Parameters of macros, and what stands for them.

/// A parameter of a macro.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    default: String,
    required: bool,
    /// Takes all that is left.
    rest: bool,
}

/// `name a, b=1, c:req, d:vararg`
pub(super) fn formal(text: &str) -> Option<(&str, Vec<Parameter>)> {
    let end = text.find(|c: char| c == ',' || c.is_ascii_whitespace()).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let mut parameters = Vec::new();
    for word in split(rest.trim_start_matches([',', ' ', '\t'])) {
        let (word, default) =
            word.split_once('=').map_or((word.as_str(), ""), |(word, value)| (word.trim_ascii(), value));
        let (name, kind) = word.split_once(':').unwrap_or((word, ""));
        if name.is_empty() || !matches!(kind, "" | "req" | "vararg") {
            return None;
        }
        let (name, default) = (name.to_owned(), unquoted(default.trim_ascii()));
        parameters.push(Parameter { name, default, required: kind == "req", rest: kind == "vararg" });
    }
    (!name.is_empty()).then_some((name, parameters))
}

/// The values of all parameters in a call.
pub(super) fn actual(text: &str, parameters: &[Parameter]) -> Option<Vec<String>> {
    let mut values: Vec<Option<String>> = vec![None; parameters.len()];
    let mut position = 0;
    let mut text = text;
    while !text.is_empty() {
        if parameters.get(position).is_some_and(|parameter| parameter.rest) {
            values[position] = Some(text.to_owned());
            break;
        }
        let (word, rest) = next(text);
        text = rest;
        let named = word.split_once('=').and_then(|(name, value)| {
            Some((parameters.iter().position(|parameter| parameter.name == name.trim_ascii())?, value.trim_ascii()))
        });
        let (index, value) = named.unwrap_or((position, word));
        if named.is_none() {
            position += 1;
        }
        if !value.is_empty() {
            *values.get_mut(index)? = Some(unquoted(value));
        }
    }
    let filled = values.into_iter().zip(parameters);
    filled.map(|(value, p)| value.or_else(|| (!p.required).then(|| p.default.clone()))).collect()
}

/// The arguments of a call, as `.irp` has them.
pub(super) fn split(mut text: &str) -> Vec<String> {
    let mut words = Vec::new();
    while !text.is_empty() {
        let (word, rest) = next(text);
        words.push(unquoted(word));
        text = rest;
    }
    words
}

/// The first argument and what follows: commas separate, and so do spaces, but
/// for those around operators.
fn next(text: &str) -> (&str, &str) {
    let operator = |byte: Option<&u8>| byte.is_some_and(|b| b"+-*/|&^<>=!~:".contains(b));
    let bytes = text.as_bytes();
    let (mut depth, mut quoted) = (0_u32, false);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => return (text[..at].trim_ascii(), text[at + 1..].trim_ascii_start()),
            b' ' | b'\t' if depth == 0 => {
                let rest = text[at..].trim_ascii_start();
                let first = rest.as_bytes().first();
                let joined = operator(first) || operator(at.checked_sub(1).and_then(|i| bytes.get(i)));
                if !joined && first != Some(&b',') {
                    return (&text[..at], rest);
                }
                at = text.len() - rest.len();
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    (text.trim_ascii(), "")
}

fn unquoted(text: &str) -> String {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.unwrap_or(text).to_owned()
}

/// Adds a statement of a body to `out`, with `\name`, `\@` and `\()` replaced.
pub(super) fn substitute(text: &str, values: &[(&str, &str)], calls: u64, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let length =
            rest.bytes().position(|b| !b.is_ascii_alphanumeric() && b != b'_' && b != b'$').unwrap_or(rest.len());
        let (name, after) = rest.split_at(length);
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            out.push_str(value);
            rest = after;
        } else if let Some(after) = rest.strip_prefix('@') {
            out.push_str(&calls.to_string());
            rest = after;
        } else if let Some(after) = rest.strip_prefix("()") {
            rest = after;
        } else {
            out.push('\\');
            // An escaped quote or backslash is no beginning of anything.
            let escaped = rest.chars().next().filter(|c| matches!(c, '\\' | '"'));
            out.extend(escaped);
            rest = &rest[escaped.map_or(0, char::len_utf8)..];
        }
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_split_as_the_assembler_does() {
        assert_eq!(split("a, b c"), ["a", "b", "c"]);
        assert_eq!(split("8(%rsp, %rax), 1 + 2 \"x, y\""), ["8(%rsp, %rax)", "1 + 2", "x, y"]);
        assert_eq!(split("a,,b"), ["a", "", "b"]);
        let (name, parameters) = formal("m a, b=7 c:req").unwrap();
        assert_eq!((name, parameters.len()), ("m", 3));
        assert_eq!(actual("1, c=3", &parameters).unwrap(), ["1", "7", "3"]);
        assert_eq!(actual("1, 2", &parameters), None);
        assert_eq!(actual("1, 2, 3, 4", &parameters), None);
        let (_, parameters) = formal("m a r:vararg").unwrap();
        assert_eq!(actual("1, 2, 3", &parameters).unwrap(), ["1", "2, 3"]);
        assert!(formal("").is_none() && formal("m a:what").is_none());
    }

    #[test]
    fn values_are_put_in() {
        let mut out = String::new();
        substitute("\\a\\()b_\\@: .ascii \"\\\"\\\\a\\n\" \\ab", &[("a", "x"), ("ab", "y")], 3, &mut out);
        assert_eq!(out, "xb_3: .ascii \"\\\"\\\\a\\n\" y");
    }
}
