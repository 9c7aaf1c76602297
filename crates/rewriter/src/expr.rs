//! Assembler expressions: which symbols they name, what constant they are.

/// A piece of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    Number(i64),
    /// `1f` (forward) or `1b`.
    Local {
        number: u32,
        forward: bool,
    },
    /// A symbol and what follows its `@`.
    Symbol {
        name: &'a str,
        modifier: Option<&'a str>,
    },
    /// The location counter.
    Dot,
    /// An operator or parenthesis; `<<` and `>>` are `<` and `>`.
    Operator(u8),
    /// Not a token.
    Bad,
}

/// Splits an expression into tokens.
pub(crate) struct Tokens<'a> {
    text: &'a str,
}

pub(crate) fn tokens(text: &str) -> Tokens<'_> {
    Tokens { text }
}

/// Whether a byte may be part of a symbol's name.
pub(crate) const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$') || byte >= 0x80
}

fn name_length(text: &str) -> usize {
    text.bytes().position(|b| !is_name(b)).unwrap_or(text.len())
}

impl<'a> Tokens<'a> {
    fn take(&mut self, length: usize) -> &'a str {
        let (head, rest) = self.text.split_at(length);
        self.text = rest;
        head
    }

    fn number(&mut self) -> Token<'a> {
        let word = self.take(name_length(self.text));
        let word = word.trim_end_matches(['u', 'U', 'l', 'L']);
        let lower = |prefix: &str| {
            let (head, rest) = word.split_at_checked(2)?;
            head.eq_ignore_ascii_case(prefix).then_some(rest)
        };
        // Values are taken modulo 2^64, as the assembler does.
        let parse = |digits, radix| u64::from_str_radix(digits, radix).map(u64::cast_signed).ok();
        let value = if let Some(digits) = lower("0x") {
            parse(digits, 16)
        } else if let Some(digits) = lower("0b").filter(|digits| !digits.is_empty()) {
            parse(digits, 2)
        } else if let Some(number) = word.strip_suffix(['f', 'b']) {
            return match number.parse() {
                Ok(number) => Token::Local { number, forward: word.ends_with('f') },
                Err(_) => Token::Bad,
            };
        } else {
            parse(word, if word.starts_with('0') && word.len() > 1 { 8 } else { 10 })
        };
        value.map_or(Token::Bad, Token::Number)
    }

    fn symbol(&mut self) -> Token<'a> {
        let name = if self.text.starts_with('"') {
            let Some(end) = self.text[1..].find('"') else {
                self.text = "";
                return Token::Bad;
            };
            &self.take(end + 2)[1..=end]
        } else {
            self.take(name_length(self.text))
        };
        if name == "." {
            return Token::Dot;
        }
        let modifier = self.text.starts_with('@').then(|| {
            let length = name_length(&self.text[1..]);
            &self.take(1 + length)[1..]
        });
        Token::Symbol { name, modifier }
    }

    fn character(&mut self) -> Token<'a> {
        let mut chars = self.text.char_indices().skip(1);
        let value = match chars.next() {
            Some((_, '\\')) => match chars.next() {
                Some((_, 'n')) => '\n',
                Some((_, 't')) => '\t',
                Some((_, 'r')) => '\r',
                Some((_, 'b')) => '\x08',
                Some((_, 'f')) => '\x0c',
                Some((_, c)) => c,
                None => return self.bad(),
            },
            Some((_, c)) => c,
            None => return self.bad(),
        };
        let end = match chars.next() {
            Some((at, '\'')) => at + 1,
            Some((at, _)) => at,
            None => self.text.len(),
        };
        self.take(end);
        Token::Number(i64::from(u32::from(value)))
    }

    fn bad(&mut self) -> Token<'a> {
        self.text = "";
        Token::Bad
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.text = self.text.trim_ascii_start();
        let byte = *self.text.as_bytes().first()?;
        Some(match byte {
            b'0'..=b'9' => self.number(),
            b'"' => self.symbol(),
            b'\'' => self.character(),
            b'+' | b'-' | b'*' | b'/' | b'%' | b'&' | b'|' | b'^' | b'~' | b'!' | b'(' | b')' | b',' | b'=' => {
                self.take(1);
                Token::Operator(byte)
            }
            b'<' | b'>' => {
                let double = self.text.as_bytes().get(1) == Some(&byte);
                self.take(if double { 2 } else { 1 });
                if double { Token::Operator(byte) } else { Token::Bad }
            }
            _ if is_name(byte) => self.symbol(),
            _ => self.bad(),
        })
    }
}

/// The value of an expression of numbers alone.
pub(crate) fn constant(text: &str) -> Option<i64> {
    if let Ok(value) = text.parse()
        && !text.trim_start_matches(['-', '+']).starts_with('0')
    {
        return Some(value);
    }
    let mut evaluator = Evaluator { tokens: tokens(text).peekable(), depth: 0 };
    let value = evaluator.sum()?;
    evaluator.tokens.next().is_none().then_some(value)
}

struct Evaluator<'a> {
    tokens: std::iter::Peekable<Tokens<'a>>,
    depth: u32,
}

/// Deeper nesting is nobody's handwriting.
const MAX_DEPTH: u32 = 50;

impl Evaluator<'_> {
    fn operator(&mut self, among: &[u8]) -> Option<u8> {
        match self.tokens.peek() {
            Some(&Token::Operator(o)) if among.contains(&o) => {
                self.tokens.next();
                Some(o)
            }
            _ => None,
        }
    }

    fn sum(&mut self) -> Option<i64> {
        let mut value = self.bits()?;
        while let Some(operator) = self.operator(b"+-") {
            let right = self.bits()?;
            value = if operator == b'+' { value.wrapping_add(right) } else { value.wrapping_sub(right) };
        }
        Some(value)
    }

    fn bits(&mut self) -> Option<i64> {
        let mut value = self.product()?;
        while let Some(operator) = self.operator(b"&|^") {
            let right = self.product()?;
            value = match operator {
                b'&' => value & right,
                b'|' => value | right,
                _ => value ^ right,
            };
        }
        Some(value)
    }

    fn product(&mut self) -> Option<i64> {
        let mut value = self.unary()?;
        while let Some(operator) = self.operator(b"*/%<>") {
            let right = self.unary()?;
            value = match operator {
                b'*' => value.wrapping_mul(right),
                b'/' => value.checked_div(right)?,
                b'%' => value.checked_rem(right)?,
                b'<' => value.checked_shl(u32::try_from(right).ok()?)?,
                _ => value.checked_shr(u32::try_from(right).ok()?)?,
            };
        }
        Some(value)
    }

    fn unary(&mut self) -> Option<i64> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let value = match self.tokens.next()? {
            Token::Number(value) => value,
            Token::Operator(b'-') => self.unary()?.wrapping_neg(),
            Token::Operator(b'+') => self.unary()?,
            Token::Operator(b'~') => !self.unary()?,
            Token::Operator(b'(') => {
                let value = self.sum()?;
                self.operator(b")")?;
                value
            }
            _ => return None,
        };
        self.depth -= 1;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants() {
        for (text, value) in [
            ("8", 8),
            ("-8", -8),
            ("0x10", 16),
            ("010", 8),
            ("0b101", 5),
            ("(-1-2-4)", -7),
            ("0x3fff+13", 0x3fff + 13),
            ("1+2*3", 7),
            ("1<<4|1", 17),
            ("~0", -1),
            ("'a'", 97),
            ("'\\n", 10),
            ("0xffffffffffffffff", -1),
            ("- 5", -5),
        ] {
            assert_eq!(constant(text), Some(value), "{text}");
        }
        for text in ["", "x", "1+", "(1", "1f", "0b", "8(", ".", "1/0", "1<2", "1.5"] {
            assert_eq!(constant(text), None, "{text}");
        }
        assert_eq!(constant(&"(".repeat(100_000)), None);
        assert_eq!(constant(&"-".repeat(100_000)), None);
    }

    #[test]
    fn names() {
        let all: Vec<_> = tokens(".Ltmp1-foo@PLT+1b-\"a b\"+.").collect();
        assert_eq!(
            all,
            [
                Token::Symbol { name: ".Ltmp1", modifier: None },
                Token::Operator(b'-'),
                Token::Symbol { name: "foo", modifier: Some("PLT") },
                Token::Operator(b'+'),
                Token::Local { number: 1, forward: false },
                Token::Operator(b'-'),
                Token::Symbol { name: "a b", modifier: None },
                Token::Operator(b'+'),
                Token::Dot,
            ]
        );
    }
}
