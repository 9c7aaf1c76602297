//! Paths of the sandbox without links, `.`, `..` and empty names.

/// The way from the root of the sandbox to something: its names, with a slash
/// between each two; nothing for the root itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CanonicalPath(Vec<u8>);

/// The root of the sandbox.
pub(crate) static ROOT: CanonicalPath = CanonicalPath(Vec::new());

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
    path.ends_with(b"/") || ends_in_dots(path)
}

impl CanonicalPath {
    /// Where `path` leads to from here, if there is no `..` in it.
    pub(crate) fn join(&self, path: &[u8]) -> Option<Self> {
        let mut joined = Vec::with_capacity(self.0.len() + path.len() + 1);
        joined.extend_from_slice(&self.0);
        let mut joined = Self(joined);
        for name in components(path) {
            if name == b".." {
                return None;
            }
            joined.push(name);
        }
        Some(joined)
    }

    /// Goes down to a name, which is no `.` or `..`.
    pub(crate) fn push(&mut self, name: &[u8]) {
        if !self.0.is_empty() {
            self.0.push(b'/');
        }
        self.0.extend_from_slice(name);
    }

    /// Goes up. The root is above itself.
    pub(crate) fn pop(&mut self) {
        let end = self.0.iter().rposition(|&b| b == b'/').unwrap_or(0);
        self.0.truncate(end);
    }

    /// What is above it; the root for the root.
    pub(crate) fn parent(&self) -> Self {
        let mut parent = self.clone();
        parent.pop();
        parent
    }

    pub(crate) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes: what is beneath something is longer.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The way from `above` to here: a path without a slash at its start, `.`
    /// when they are the same. None if this is not beneath `above`.
    pub(crate) fn beneath(&self, above: &Self) -> Option<&[u8]> {
        if above.is_root() && !self.is_root() {
            return Some(&self.0);
        }
        match self.0.strip_prefix(above.0.as_slice())? {
            [] => Some(b"."),
            [b'/', rest @ ..] => Some(rest),
            _ => None,
        }
    }

    /// As the sandbox sees it.
    pub(crate) fn to_absolute(&self) -> Vec<u8> {
        [b"/", self.0.as_slice()].concat()
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
    }
}
