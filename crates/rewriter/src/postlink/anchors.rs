//! The addresses that must stay instruction starts.

use super::image::Text;

/// A set of addresses in executable segments.
///
/// Whatever refers to code from anywhere adds the address here; the layout
/// moves only what is not in the set. Addresses outside executable segments are
/// ignored, so that collectors may add whatever they find.
#[derive(Debug)]
pub(super) struct Anchors {
    /// Start of a segment, and a flag for each of its bytes.
    segments: Vec<(u64, Vec<bool>)>,
}

impl Anchors {
    pub(super) fn new(texts: &[Text]) -> Self {
        Self { segments: texts.iter().map(|t| (t.address, vec![false; t.bytes.len()])).collect() }
    }

    pub(super) fn add(&mut self, address: u64) {
        if let Some(flag) = self.flag(address) {
            *flag = true;
        }
    }

    /// Adds both ends of a range.
    pub(super) fn add_range(&mut self, start: u64, end: u64) {
        self.add(start);
        self.add(end);
    }

    /// Adds every address.
    pub(super) fn add_all(&mut self) {
        for (_, flags) in &mut self.segments {
            flags.fill(true);
        }
    }

    pub(super) fn contains(&self, address: u64) -> bool {
        self.segments
            .iter()
            .any(|(start, flags)| index(*start, address).and_then(|i| flags.get(i)).copied().unwrap_or(false))
    }

    fn flag(&mut self, address: u64) -> Option<&mut bool> {
        self.segments.iter_mut().find_map(|(start, flags)| index(*start, address).and_then(|i| flags.get_mut(i)))
    }
}

fn index(start: u64, address: u64) -> Option<usize> {
    usize::try_from(address.checked_sub(start)?).ok()
}
