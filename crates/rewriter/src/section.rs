//! Which section the assembler is in.

use rustc_hash::FxHashMap;

use crate::directive::{Change, arguments, unquoted};

/// Index of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SectionId(pub(crate) u32);

/// What the rewriter wants to know about a section.
#[derive(Clone, Debug)]
pub(crate) struct Section<'a> {
    pub(crate) name: &'a str,
    /// Holds instructions.
    pub(crate) code: bool,
    /// Debug or unwind information: a label named here is not a target of
    /// indirect jumps.
    pub(crate) debug: bool,
    /// Call-site tables: only their landing pads are targets.
    pub(crate) call_sites: bool,
    /// One function in pieces, which the linker puts together.
    pub(crate) fragment: bool,
}

impl<'a> Section<'a> {
    fn new(name: &'a str, code: bool) -> Self {
        let family = |prefix: &str| name.strip_prefix(prefix).is_some_and(|r| r.is_empty() || r.starts_with('.'));
        Self {
            name,
            code,
            debug: name.starts_with(".debug") || name.starts_with(".zdebug") || family(".eh_frame") || family(".stab"),
            call_sites: family(".gcc_except_table"),
            fragment: name == ".init" || name == ".fini",
        }
    }
}

/// All sections of a file, and the current one.
pub(crate) struct Sections<'a> {
    all: Vec<Section<'a>>,
    ids: FxHashMap<(&'a str, &'a str), SectionId>,
    current: SectionId,
    previous: SectionId,
    stack: Vec<(SectionId, SectionId)>,
}

impl<'a> Sections<'a> {
    /// The assembler starts in `.text`.
    pub(crate) fn new() -> Self {
        let text = SectionId(0);
        Self {
            all: vec![Section::new(".text", true)],
            ids: FxHashMap::from_iter([((".text", ""), text)]),
            current: text,
            previous: text,
            stack: Vec::new(),
        }
    }

    pub(crate) fn current(&self) -> SectionId {
        self.current
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Section<'a>> {
        self.all.iter()
    }

    /// `rest` is what follows name, flags and type: group, link order, unique number.
    fn intern(&mut self, name: &'a str, rest: &'a str, flags: Option<&str>) -> SectionId {
        if let Some(&id) = self.ids.get(&(name, rest)) {
            return id;
        }
        let code = match flags {
            Some(flags) => flags.contains('x'),
            None => [".text", ".init", ".fini"].iter().any(|family| {
                name.strip_prefix(family).is_some_and(|r| r.is_empty() || *family == ".text" && r.starts_with('.'))
            }),
        };
        let id = SectionId(self.all.len() as u32);
        self.all.push(Section::new(name, code));
        self.ids.insert((name, rest), id);
        id
    }

    /// Follows a directive; `None` when its arguments make no sense.
    pub(crate) fn change(&mut self, change: Change, args: &'a str) -> Option<SectionId> {
        let to = match change {
            Change::Text | Change::Data | Change::Bss => {
                if !matches!(args, "" | "0") {
                    return None;
                }
                self.intern(
                    match change {
                        Change::Text => ".text",
                        Change::Data => ".data",
                        _ => ".bss",
                    },
                    "",
                    None,
                )
            }
            Change::To | Change::Push => self.named(args)?,
            Change::Pop => {
                let (current, previous) = self.stack.pop()?;
                self.current = current;
                self.previous = previous;
                return Some(current);
            }
            Change::Previous => self.previous,
        };
        if change == Change::Push {
            self.stack.push((self.current, self.previous));
        }
        self.previous = self.current;
        self.current = to;
        Some(to)
    }

    /// `name [, "flags" [, @type [, rest]]]`
    fn named(&mut self, args: &'a str) -> Option<SectionId> {
        let mut words = arguments(args);
        let name = unquoted(words.next()?);
        let flags = words.next();
        if let Some(flags) = flags
            && !flags.starts_with('"')
        {
            return None;
        }
        let kind = words.next();
        // The rest is told apart by where it starts in the text.
        let rest = match (kind, words.next()) {
            (Some(_), Some(first)) => &args[first.as_ptr() as usize - args.as_ptr() as usize..],
            _ => "",
        };
        Some(self.intern(name, rest, flags))
    }
}

impl<'a> std::ops::Index<SectionId> for Sections<'a> {
    type Output = Section<'a>;
    fn index(&self, id: SectionId) -> &Section<'a> {
        &self.all[id.0 as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_directives() {
        let mut sections = Sections::new();
        let text = sections.current();
        let data = sections.change(Change::Data, "").unwrap();
        assert!(sections[text].code && !sections[data].code);
        assert_eq!(sections.change(Change::Previous, ""), Some(text));
        let hot = sections.change(Change::To, ".text.f,\"axG\",@progbits,f,comdat").unwrap();
        assert!(sections[hot].code);
        assert_eq!(sections.change(Change::Push, "note,\"\",@note"), Some(SectionId(3)));
        assert_eq!(sections.change(Change::Pop, ""), Some(hot));
        assert_eq!(sections.change(Change::Pop, ""), None);
        assert_eq!(sections.change(Change::To, ".text"), Some(text));
        assert_ne!(sections.change(Change::To, ".text.f"), Some(hot));
    }
}
