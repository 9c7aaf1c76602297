//! Rules for single system calls.

use crate::table;

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
    /// By number.
    named: Vec<Option<Rule>>,
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
        // A call that this target does not have is never made.
        if let Some(number) = row.ok_or_else(|| NoCall(name.to_owned()))?.number() {
            if self.named.len() <= number {
                self.named.resize(number + 1, None);
            }
            self.named[number] = Some(rule);
        }
        Ok(())
    }

    /// Sets the rule of all calls that have none of their own, known or not.
    pub fn set_others(&mut self, rule: Rule) {
        self.others = rule;
    }

    /// The rule of a call.
    #[inline]
    pub(crate) fn rule(&self, number: u64) -> Rule {
        let named = usize::try_from(number).ok().and_then(|number| *self.named.get(number)?);
        named.unwrap_or(self.others)
    }
}
