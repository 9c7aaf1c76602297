//! Writes the statements of a program in order.

use std::fmt::Write;

use lfi_abi::{
    Kind,
    note::{self, Note},
};

use super::{
    dead::Dead,
    mnemonic::Class,
    parse::{Problem, alignment},
    program::{Form, Instruction, Item, LOCK, Operand, Program, REP, REPNE, Statement},
    register::{RSP, Set},
};
use crate::{
    Options,
    directive::{self, Cfi},
    error::Reason,
    section::SectionId,
    symbols::SymbolId,
};

/// Writes the whole program; what cannot be rewritten is added to `problems`.
pub(super) fn emit<'a>(
    program: &Program<'a>,
    options: &Options,
    size: usize,
    problems: &mut Vec<Problem<'a>>,
) -> String {
    let mut emitter = Emitter {
        program,
        options,
        out: String::with_capacity(size + size / 2 + 512),
        text: String::new(),
        section: SectionId(0),
        code: true,
        after_label: vec![false; program.sections.len()],
        cfa: Cfa::default(),
        labels: 0,
        dead: None,
    };
    emitter.start();
    for (index, statement) in program.statements.iter().enumerate() {
        if let Err(reason) = emitter.statement(index, statement) {
            problems.push((statement.line, statement.text, reason));
        }
    }
    emitter.end();
    emitter.out
}

pub(super) struct Emitter<'p, 'a> {
    pub(super) program: &'p Program<'a>,
    pub(super) options: &'p Options,
    pub(super) out: String,
    /// An operand that is being made.
    pub(super) text: String,
    section: SectionId,
    code: bool,
    /// By section: the last thing written there is a label that must stay aligned.
    after_label: Vec<bool>,
    pub(super) cfa: Cfa,
    labels: u32,
    /// Made when a jump needs it.
    pub(super) dead: Option<Dead>,
}

/// Whether the unwinder finds the frame by the stack pointer here.
#[derive(Default)]
pub(super) struct Cfa {
    from_rsp: bool,
    remembered: Vec<bool>,
}

impl Cfa {
    pub(super) fn is_from_rsp(&self) -> bool {
        self.from_rsp
    }

    fn follow(&mut self, cfi: Cfi, args: &str) {
        match cfi {
            // `.cfi_startproc simple` starts without a rule.
            Cfi::Start => {
                self.from_rsp = args.is_empty();
                self.remembered.clear();
            }
            Cfi::End => self.from_rsp = false,
            Cfi::Register => {
                let register = args.split(',').next().unwrap_or_default().trim_ascii();
                self.from_rsp = matches!(register, "%rsp" | "rsp" | "7");
            }
            Cfi::Remember => self.remembered.push(self.from_rsp),
            Cfi::Restore => self.from_rsp = self.remembered.pop().unwrap_or(false),
        }
    }
}

impl<'p, 'a> Emitter<'p, 'a> {
    fn start(&mut self) {
        self.out.push_str("\t.bundle_align_mode 5\n");
    }

    /// Closes fragments of functions, and adds the note.
    fn end(&mut self) {
        for section in self.program.sections.iter().filter(|s| s.fragment && s.code) {
            _ = write!(self.out, "\t.section\t{},\"ax\",@progbits\n\t.p2align\t5\n", section.name);
        }
        let Options { target, kind, returns, .. } = *self.options;
        let note = Note { target, kind, returns, laid_out: false };
        _ = write!(self.out, "\t.section\t{},\"a\",@note\n\t.p2align\t2\n\t.byte\t", note::SECTION);
        for (i, byte) in note.to_bytes().iter().enumerate() {
            _ = write!(self.out, "{}{byte}", if i == 0 { "" } else { "," });
        }
        self.out.push('\n');
    }

    fn statement(&mut self, index: usize, statement: &Statement<'a>) -> Result<(), Reason> {
        match statement.item {
            Item::Label(id) => self.label(id, statement.text),
            Item::Section { to, .. } => {
                self.section = to;
                self.code = self.program.sections[to].code;
                self.directive_line(&[statement.text]);
            }
            Item::Directive(class) => self.directive(class, statement.text),
            Item::Instruction(instruction) => return self.instruction(index, statement, &instruction),
        }
        Ok(())
    }

    fn label(&mut self, id: SymbolId, name: &str) {
        let symbol = self.program.symbols[id];
        let reachable = symbol.function || symbol.global || symbol.taken;
        if self.code && reachable && !self.is_after_label() {
            self.directive_line(&[".p2align\t5"]);
            self.set_after_label(true);
        }
        self.out.push_str(name);
        self.out.push_str(":\n");
        if self.code && symbol.measured {
            self.measure();
        }
    }

    /// Makes the assembler measure distances across this place instead of adding
    /// up instructions, which leaves out the padding of bundles: without it the
    /// ranges and rows of unwind and line tables come out too short.
    pub(super) fn measure(&mut self) {
        self.out.push_str("\t.p2align\t0\n");
    }

    /// Whether a label that must stay aligned stands right before.
    pub(super) fn is_after_label(&self) -> bool {
        self.after_label[self.section.0 as usize]
    }

    pub(super) fn set_after_label(&mut self, after_label: bool) {
        self.after_label[self.section.0 as usize] = after_label;
    }

    /// A label that no source has.
    pub(super) fn new_label(&mut self) -> String {
        let label = format!(".Llfi_{}", self.labels);
        self.labels += 1;
        label
    }

    pub(super) fn place(&mut self, label: &str) {
        self.out.push_str(label);
        self.out.push_str(":\n");
    }

    fn directive(&mut self, class: directive::Class, text: &str) {
        let (_, args) = text.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((text, ""));
        match class {
            directive::Class::Align { power } if self.code => {
                let Some(power) = alignment(power, args) else { return };
                let mut args = directive::arguments(args).skip(2);
                let most = args.next().filter(|most| !most.is_empty());
                if power > 5 {
                    // The assembler would put a nop across a boundary.
                    self.directive_line(&[".p2align\t5"]);
                }
                let power = power.to_string();
                match most {
                    Some(most) => self.directive_line(&[".p2align\t", &power, ", , ", most]),
                    None => self.directive_line(&[".p2align\t", &power]),
                }
            }
            directive::Class::Loc => {
                // Views are numbers that gcc counts and clang does not know.
                let end = text.find(" view ").unwrap_or(text.len());
                self.directive_line(&[&text[..end]]);
                self.measure();
            }
            directive::Class::Cfi(cfi) => {
                self.cfa.follow(cfi, args.trim_ascii());
                self.directive_line(&[text]);
                if cfi != Cfi::End {
                    self.measure();
                }
            }
            directive::Class::Unwind => {
                self.directive_line(&[text]);
                self.measure();
            }
            _ => self.directive_line(&[text]),
        }
    }

    fn instruction(
        &mut self,
        index: usize,
        statement: &Statement<'a>,
        instruction: &Instruction,
    ) -> Result<(), Reason> {
        let program = self.program;
        let code = Code { index, statement, instruction, operands: instruction.operands(&program.operands) };
        // Where memory is not protected the stack pointer may be anything.
        let stack = self.options.kind != Kind::Jumps;
        match instruction.row.class {
            Class::Jump | Class::Branch | Class::Call | Class::Return | Class::Loop | Class::Rcxz => self.branch(&code),
            Class::Syscall => self.syscall(&code),
            Class::String(op) => self.string(&code, op),
            Class::Leave if stack => self.leave(&code),
            _ if stack && code.writes_rsp() => self.stack_write(&code),
            Class::BitTest if code.has_register_bit_offset() => self.bit_string(&code),
            _ if code.thread_operand().is_some() => self.thread_access(&code),
            Class::Nop if instruction.prefixes & REP != 0 => {
                self.line(&["pause"]);
                Ok(())
            }
            Class::BitScan if instruction.prefixes & REP != 0 => {
                // The same bytes; the CPU decides which of the two it is.
                let name = code.mnemonic();
                let (stem, suffix) = name.split_at(3);
                let to = if stem.eq_ignore_ascii_case("bsf") { "tzcnt" } else { "lzcnt" };
                let name = format!("{to}{suffix}");
                self.memory_access(&code, &name, 0)
            }
            Class::Wait => {
                self.line(&["fwait"]);
                let name = format!("fn{}", &code.mnemonic()[1..]);
                self.memory_access(&code, &name, 0)
            }
            _ => self.memory_access(&code, code.mnemonic(), instruction.prefixes),
        }
    }

    /// Writes an instruction with one operand replaced.
    pub(super) fn write(&mut self, code: &Code, mnemonic: &str, prefixes: u8, replaced: Option<(usize, &str)>) {
        self.out.push('\t');
        for (bit, word) in [(LOCK, "lock "), (REP, "rep "), (REPNE, "repne ")] {
            if prefixes & bit != 0 {
                self.out.push_str(word);
            }
        }
        self.out.push_str(mnemonic);
        for (i, operand) in code.operands.iter().enumerate() {
            self.out.push_str(if i == 0 { "\t" } else { ", " });
            match replaced {
                Some((index, text)) if index == i => {
                    self.out.push_str(text);
                    self.out.push_str(operand.decoration);
                }
                _ => self.out.push_str(operand.text),
            }
        }
        self.out.push('\n');
        self.set_after_label(false);
    }
}

/// An instruction with everything that is known about it.
#[derive(Clone, Copy)]
pub(super) struct Code<'c, 'a> {
    pub(super) index: usize,
    pub(super) statement: &'c Statement<'a>,
    pub(super) instruction: &'c Instruction,
    pub(super) operands: &'c [Operand<'a>],
}

impl<'a> Code<'_, 'a> {
    pub(super) fn mnemonic(&self) -> &'a str {
        self.instruction.mnemonic(self.statement)
    }

    pub(super) fn class(&self) -> Class {
        self.instruction.row.class
    }

    /// Whether an operand is the stack pointer, or part of it, and is written.
    pub(super) fn writes_rsp(&self) -> bool {
        self.operands
            .iter()
            .enumerate()
            .any(|(i, o)| o.form == Form::Register && o.base.is_part_of(RSP) && self.instruction.writes(i))
    }

    /// Whether this is a bit string operation: a bit offset in a register, and memory.
    pub(super) fn has_register_bit_offset(&self) -> bool {
        self.memory_operand().is_some() && self.operands.first().is_some_and(|o| o.form == Form::Register)
    }

    /// The memory operand that is accessed, and whether it is written.
    pub(super) fn memory_operand(&self) -> Option<(usize, bool)> {
        if matches!(self.class(), Class::Lea | Class::Nop) || self.instruction.target.is_some() {
            return None;
        }
        let index = self.operands.iter().position(Operand::is_memory)?;
        Some((index, self.instruction.writes(index)))
    }

    /// The operand that goes through the thread pointer.
    pub(super) fn thread_operand(&self) -> Option<(usize, bool)> {
        self.memory_operand().filter(|&(i, _)| self.operands[i].segment.set == Set::Segment)
    }
}
