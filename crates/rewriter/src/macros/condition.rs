//! Conditions of conditional assembly.

use rustc_hash::FxHashMap;

use crate::{
    directive,
    error::Reason,
    expr::{self, Token},
};

/// What a condition may not hold.
pub(super) const UNKNOWN: Reason = Reason::Unsupported("a condition must be made of numbers known here");

/// Deeper nesting is nobody's handwriting.
const MAX_DEPTH: u32 = 50;

/// Symbols that are numbers.
#[derive(Default)]
pub(super) struct Numbers(FxHashMap<String, i64>);

impl Numbers {
    /// `name` is an expression from here on; it is forgotten when that is no number.
    pub(super) fn set(&mut self, name: &str, expression: &str) {
        match self.value(expression) {
            Some(value) => drop(self.0.insert(name.to_owned(), value)),
            None => drop(self.0.remove(name)),
        }
    }

    /// The value of an expression.
    pub(super) fn value(&self, text: &str) -> Option<i64> {
        self.nested(text.trim_ascii(), 0)
    }

    fn nested(&self, text: &str, depth: u32) -> Option<i64> {
        if depth > MAX_DEPTH {
            return None;
        }
        for operators in [&["||"][..], &["&&"], &["==", "!=", "<>", "<=", ">=", "<", ">"]] {
            let Some((at, operator)) = last_of(text, operators) else { continue };
            let left = self.nested(text[..at].trim_ascii(), depth + 1)?;
            let right = self.nested(text[at + operator.len()..].trim_ascii(), depth + 1)?;
            let holds = match operator {
                "||" => left != 0 || right != 0,
                "&&" => left != 0 && right != 0,
                "==" => left == right,
                "!=" | "<>" => left != right,
                "<=" => left <= right,
                ">=" => left >= right,
                "<" => left < right,
                _ => left > right,
            };
            return Some(if holds { -1 } else { 0 });
        }
        if let Some(operand) = text.strip_prefix('!') {
            return self.nested(operand.trim_ascii(), depth + 1).map(|value| i64::from(value == 0));
        }
        let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
        if let Some(inner) = inner.filter(|inner| is_balanced(inner)) {
            return self.nested(inner.trim_ascii(), depth + 1);
        }
        expr::constant(&self.with_numbers(text)?)
    }

    /// The expression with its symbols replaced by their numbers.
    fn with_numbers(&self, text: &str) -> Option<String> {
        let mut out = String::new();
        for token in expr::tokens(text) {
            match token {
                Token::Number(value) => out.push_str(&format!("({value})")),
                Token::Symbol { name, modifier: None } => out.push_str(&format!("({})", self.0.get(name)?)),
                Token::Operator(operator @ (b'<' | b'>')) => out.extend([char::from(operator); 2]),
                Token::Operator(operator) => out.push(char::from(operator)),
                _ => return None,
            }
        }
        Some(out)
    }
}

/// The last of some operators outside of parentheses, which is not part of a longer one.
fn last_of<'o>(text: &str, operators: &[&'o str]) -> Option<(usize, &'o str)> {
    let bytes = text.as_bytes();
    let (mut depth, mut at, mut found) = (0_i32, 0, None);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ if bytes[at..].starts_with(b"<<") || bytes[at..].starts_with(b">>") => at += 1,
            _ if depth == 0 && at > 0 => {
                if let Some(operator) = operators.iter().find(|operator| bytes[at..].starts_with(operator.as_bytes())) {
                    found = Some((at, *operator));
                    at += operator.len() - 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Whether each parenthesis that closes was opened here.
fn is_balanced(text: &str) -> bool {
    let mut depth = 0_i32;
    text.bytes().all(|byte| {
        depth += i32::from(byte == b'(') - i32::from(byte == b')');
        depth >= 0
    })
}

/// Whether the condition of a directive holds; `None` when it is no such directive.
pub(super) fn holds(
    word: &str,
    rest: &str,
    numbers: &Numbers,
    is_label: impl Fn(&str) -> bool,
) -> Option<Result<bool, Reason>> {
    let test = |test: fn(i64) -> bool| numbers.value(rest).map(test).ok_or(UNKNOWN);
    let same = || {
        let (left, right) = rest.split_once(',').ok_or(Reason::Syntax)?;
        Ok(directive::unquoted(left.trim_ascii()) == directive::unquoted(right.trim_ascii()))
    };
    let defined = || numbers.0.contains_key(rest) || is_label(rest);
    Some(match word {
        ".if" | ".ifne" => test(|value| value != 0),
        ".ifeq" => test(|value| value == 0),
        ".ifge" => test(|value| value >= 0),
        ".ifgt" => test(|value| value > 0),
        ".ifle" => test(|value| value <= 0),
        ".iflt" => test(|value| value < 0),
        ".ifdef" => Ok(defined()),
        ".ifndef" | ".ifnotdef" => Ok(!defined()),
        ".ifb" => Ok(rest.is_empty()),
        ".ifnb" => Ok(!rest.is_empty()),
        ".ifc" | ".ifeqs" => same(),
        ".ifnc" | ".ifnes" => same().map(|same| !same),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let mut numbers = Numbers::default();
        numbers.set("i", "3");
        numbers.set("i", "i*2 + 1");
        for (text, value) in [
            ("i", 7),
            ("i == 7", -1),
            ("i-8 < 0 && (i > 7 || i % 2)", -1),
            ("1 << 4 > i", -1),
            ("!(i != 7)", 1),
            ("(1) + (2)", 3),
            ("-1 >= 0", 0),
        ] {
            assert_eq!(numbers.value(text), Some(value), "{text}");
        }
        for text in ["", "j", "i ==", ". - i", "1f", &"(".repeat(10_000), &"!".repeat(10_000)] {
            assert_eq!(numbers.value(text), None, "{text}");
        }
        numbers.set("i", "label");
        assert_eq!(numbers.value("i"), None);
    }
}
