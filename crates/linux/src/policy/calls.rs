//! Rules for single system calls.

use crate::table;
use std::collections::BTreeMap;

/// How a call is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// As the table of calls has it.
    #[default]
    Allow,
    /// Not done: it fails with this error number (1 to 4095, or the nearest of these).
    Deny(u16),
    /// As the table has it, and a line about it goes to standard error.
    Log,
}

/// The rules of a process: one for each call that has one, and one for all
/// others. By default every call is allowed.
///
/// Rules narrow what the rest of a policy grants, and add nothing to it.
/// Calls with constant answers (`getpid`) are answered without leaving the sandbox if
/// they are allowed and nobody listens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    named: BTreeMap<&'static str, Rule>,
    others: Rule,
}

/// There is no call of that name.
#[derive(Debug)]
pub struct NoCall(String);

impl std::fmt::Display for NoCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there is no system call {:?}", self.0)
    }
}

impl std::error::Error for NoCall {}

impl Calls {
    /// Every call is allowed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the rule of a call, by its name in [`crate::system_calls`].
    ///
    /// # Errors
    /// When the layer does not know such a call.
    pub fn set(&mut self, name: &str, rule: Rule) -> Result<(), NoCall> {
        let row = table::system_calls().iter().find(|row| row.name == name);
        self.named.insert(row.ok_or_else(|| NoCall(name.to_owned()))?.name, rule);
        Ok(())
    }

    /// Sets the rule of all calls that have none of their own, known or not.
    pub fn set_others(&mut self, rule: Rule) {
        self.others = rule;
    }

    /// The rule of a call.
    #[inline]
    pub(crate) fn rule(&self, number: u64) -> Rule {
        if self.named.is_empty() {
            return self.others;
        }
        let named = table::find(number).and_then(|row| self.named.get(row.name));
        *named.unwrap_or(&self.others)
    }
}
