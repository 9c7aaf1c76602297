//! Differences between the decoders, reviewed: `known.txt`.

/// Whether a failure is a known difference.
pub(crate) fn is_known(key: &str) -> bool {
    include_str!("known.txt").lines().any(|line| line.split(" -- ").next() == Some(key))
}
