//! Paths of the sandbox without links, `.`, `..` and empty names.

use std::ffi::CStr;

/// The way from the root of the sandbox to something: its names, with a slash
/// between each two and a terminator at the end, so that the kernel takes its ends
/// as they are; none for the root itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CanonicalPath(Option<Box<[u8]>>);

/// The root of the sandbox.
pub(crate) static ROOT: CanonicalPath = CanonicalPath::root();

/// The components of a path, without empty ones and `.`.
pub(crate) fn components(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|&b| b == b'/').filter(|name| !name.is_empty() && *name != b".")
}

/// Whether the last component is `.` or `..`, or there is none.
pub(crate) fn ends_in_dots(path: &[u8]) -> bool {
    let last = path.split(|&b| b == b'/').rfind(|name| !name.is_empty());
    matches!(last, None | Some(b"." | b".."))
}

/// Whether a path says by its end that it is a directory's.
pub(crate) fn names_directory(path: &[u8]) -> bool {
    match path.last() {
        Some(b'/') | None => true,
        Some(b'.') => ends_in_dots(path),
        Some(_) => false,
    }
}

/// Whether each component is a name that cannot be `.` or `..`. Where a name begins
/// with a dot it is left open.
fn is_tidy(path: &[u8]) -> bool {
    let begins = |byte: u8| byte != b'/' && byte != b'.';
    let mut expected = true;
    for &byte in path {
        if expected && !begins(byte) {
            return false;
        }
        expected = byte == b'/';
    }
    !expected
}

impl CanonicalPath {
    pub(crate) const fn root() -> Self {
        Self(None)
    }

    fn of(names: &[u8]) -> Self {
        if names.is_empty() { Self(None) } else { Self(Some([names, &[0]].concat().into_boxed_slice())) }
    }

    /// Without the terminator.
    fn names(&self) -> &[u8] {
        self.0.as_deref().and_then(<[u8]>::split_last).map_or(&[], |(_, names)| names)
    }

    /// Where `path` leads to from here, if there is no `..` in it.
    #[inline]
    pub(crate) fn join(&self, path: &[u8]) -> Option<Self> {
        let path = path.strip_prefix(b"/").unwrap_or(path);
        if is_tidy(path) {
            return Some(self.with_names(path));
        }
        if components(path).any(|name| name == b"..") {
            return None;
        }
        let names = components(path).collect::<Vec<_>>().join(&b'/');
        Some(if names.is_empty() { self.clone() } else { self.with_names(&names) })
    }

    /// Down by names that have one slash between each two.
    fn with_names(&self, names: &[u8]) -> Self {
        let above = self.names();
        let mut text = Vec::with_capacity(above.len() + usize::from(!above.is_empty()) + names.len() + 1);
        if !above.is_empty() {
            text.extend_from_slice(above);
            text.push(b'/');
        }
        text.extend_from_slice(names);
        text.push(0);
        Self(Some(text.into_boxed_slice()))
    }

    /// Goes down to a name, which is no `.` or `..`.
    pub(crate) fn push(&mut self, name: &[u8]) {
        *self = self.with_names(name);
    }

    /// Goes up. The root is above itself.
    pub(crate) fn pop(&mut self) {
        *self = self.parent();
    }

    /// What is above it; the root for the root.
    pub(crate) fn parent(&self) -> Self {
        let names = self.names();
        let end = names.iter().rposition(|&b| b == b'/').unwrap_or(0);
        Self::of(&names[..end])
    }

    pub(crate) fn is_root(&self) -> bool {
        self.0.is_none()
    }

    /// Bytes: what is beneath something is longer.
    pub(crate) fn len(&self) -> usize {
        self.names().len()
    }

    /// The way from `above` to here: a path without a slash at its start, `.`
    /// when they are the same. None if this is not beneath `above`.
    pub(crate) fn beneath(&self, above: &Self) -> Option<&[u8]> {
        let (names, above) = (self.names(), above.names());
        match names.get(above.len()) {
            None => (names == above).then_some(b"."),
            Some(_) if above.is_empty() => Some(names),
            // Both are short, and one has just been written: by byte is quicker than by a block.
            Some(b'/') if names.iter().zip(above).all(|(one, other)| one == other) => Some(&names[above.len() + 1..]),
            Some(_) => None,
        }
    }

    /// The same, as the kernel takes it: `rest` is what [`Self::beneath`] has given.
    pub(crate) fn terminated<'a>(&'a self, rest: &[u8]) -> Option<&'a CStr> {
        match &self.0 {
            Some(text) if rest != b"." => CStr::from_bytes_with_nul(text.get(text.len() - rest.len() - 1..)?).ok(),
            _ => Some(c"."),
        }
    }

    /// As the sandbox sees it.
    pub(crate) fn to_absolute(&self) -> Vec<u8> {
        [b"/", self.names()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> CanonicalPath {
        ROOT.join(text.as_bytes()).unwrap()
    }

    #[test]
    fn paths_are_put_together_and_taken_apart() {
        assert_eq!(path("/a//b/./c/"), path("a/b/c"));
        assert_eq!(path("a").join(b"b/../c"), None);
        assert_eq!(path("a").join(b".."), None);
        for text in ["a/./b", "/a/b/", "a//b", "a/b/.", "./a/b"] {
            assert_eq!(path(text), path("a/b"), "{text}");
        }
        for text in ["", "/", ".", "//", "./.", "/./"] {
            assert!(path(text).is_root(), "{text}");
            assert_eq!(path("a/b").join(text.as_bytes()).unwrap(), path("a/b"), "{text}");
        }
        assert_eq!(path("a").join(b".b/..c/d.").unwrap().to_absolute(), b"/a/.b/..c/d.");
        assert_eq!(path("a").join(b"..b").unwrap().to_absolute(), b"/a/..b");
        let mut at = path("a/b");
        at.push(b"c");
        assert_eq!((at.to_absolute(), at.parent()), (b"/a/b/c".to_vec(), path("a/b")));
        at.pop();
        at.pop();
        assert!(!at.is_root());
        at.pop();
        at.pop();
        assert!(at.is_root());
        assert_eq!(at.to_absolute(), b"/");
    }

    #[test]
    fn beneath_is_by_whole_names() {
        assert_eq!(path("a/b/c").beneath(&path("a")), Some(&b"b/c"[..]));
        assert_eq!(path("a/b").beneath(&path("")), Some(&b"a/b"[..]));
        assert_eq!(path("a/b").beneath(&path("a/b")), Some(&b"."[..]));
        assert_eq!(path("").beneath(&path("")), Some(&b"."[..]));
        assert_eq!(path("a/bc").beneath(&path("a/b")), None);
        assert_eq!(path("a").beneath(&path("a/b")), None);
        let terminated = |text, above| {
            let path = path(text);
            path.beneath(&self::path(above)).map(|rest| path.terminated(rest).unwrap().to_owned())
        };
        assert_eq!(terminated("a/b/c", "a"), Some(c"b/c".to_owned()));
        assert_eq!(terminated("a/b", ""), Some(c"a/b".to_owned()));
        assert_eq!(terminated("a/b", "a/b"), Some(c".".to_owned()));
        assert_eq!(terminated("", ""), Some(c".".to_owned()));
        assert_eq!(terminated("a/bc", "a/b"), None);
    }
}
