//! Independent jobs on all processors.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::error::{Error, Result};

/// How many jobs run at once.
pub(super) fn width() -> usize {
    thread::available_parallelism().map_or(1, Into::into)
}

/// Does `work` to each item. All are tried, so that one run shows everything
/// that is wrong; messages of the rewriter are joined, of other errors the
/// first is the result.
pub(super) fn each<T: Sync>(items: &[T], work: impl Fn(&T) -> Result + Sync) -> Result {
    let next = AtomicUsize::new(0);
    let errors = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..width() {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = work(item) {
                        errors.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(error);
                    }
                }
            });
        }
    });
    let mut refused = Vec::new();
    for error in errors.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()) {
        match error {
            Error::Rewrite(message) => refused.push(message),
            other => return Err(other),
        }
    }
    if refused.is_empty() { Ok(()) } else { Err(Error::Rewrite(refused.join("\n"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_done_and_every_refusal_told() {
        let done = AtomicUsize::new(0);
        let items: Vec<usize> = (0..1000).collect();
        each(&items, |item| {
            done.fetch_add(*item, Ordering::Relaxed);
            Ok(())
        })
        .unwrap();
        assert_eq!(done.into_inner(), 999 * 500);
        let refuse = |item: &usize| match item {
            7 | 900 => Err(Error::Rewrite(format!("item {item}"))),
            _ => Ok(()),
        };
        let message = each(&items, refuse).unwrap_err().to_string();
        assert!(message.contains("item 7") && message.contains("item 900"), "{message}");
    }
}
