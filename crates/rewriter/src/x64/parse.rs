//! Parses a file into typed statements, and learns what its symbols are.

use std::ops::Range;

use super::{
    bytes::Run,
    mnemonic::{self, Class, Last, Row, StringOp},
    operand,
    program::{Form, Instruction, Item, LOCK, Live, Operand, Program, R11_ALL, REP, REPNE, Statement, r11_parts},
    register::{R11, Set},
};
use crate::{
    directive::{self, arguments, unquoted},
    error::Reason,
    expr::{self, Token, constant},
    section::Sections,
    source::{self, split_label, word_length},
    symbols::{SymbolId, Symbols},
};

/// What gcc asks for when a nested function's address is taken: it writes code.
const EXECUTABLE_STACK: &str = "a sandbox's stack is never executable (addresses of nested functions need that)";

/// A line and what is wrong with the statement in it.
pub(crate) type Problem<'a> = (u32, &'a str, Reason);

/// What became of a text.
pub(crate) struct Parsed<'a> {
    pub(crate) program: Program<'a>,
    /// Statements with errors, which the program is without.
    pub(crate) problems: Vec<Problem<'a>>,
    /// Bytes in executable code, which the program is without.
    pub(crate) runs: Vec<Run<'a>>,
    /// Whether there are macros or conditions to expand first.
    pub(crate) macros: bool,
}

/// Parses all statements.
pub(crate) fn parse<'a>(statements: &mut source::Source<'a>, size: usize) -> Parsed<'a> {
    // Guesses that are about right for compiler output.
    let mut parser = Parser {
        program: Program {
            statements: Vec::with_capacity(size / 32),
            operands: Vec::with_capacity(size / 32),
            symbols: Symbols::default(),
            sections: Sections::new(),
        },
        problems: Vec::new(),
        runs: Vec::new(),
        macros: false,
        in_run: false,
        at: 0..0,
        prefixes: 0,
        prefix_statement: None,
        call_site: None,
    };
    while let Some(statement) = statements.next() {
        let start = statements.offset(statement.text);
        parser.at = start..start + statement.text.len();
        if let Err(reason) = parser.statement(statement) {
            parser.problems.push((statement.line, statement.text, reason));
            parser.prefixes = 0;
            parser.prefix_statement = None;
        }
    }
    parser.no_prefix();
    parser.end_call_site();
    Parsed { program: parser.program, problems: parser.problems, runs: parser.runs, macros: parser.macros }
}

struct Parser<'a> {
    program: Program<'a>,
    problems: Vec<Problem<'a>>,
    runs: Vec<Run<'a>>,
    macros: bool,
    /// Whether the last statement ends a run.
    in_run: bool,
    /// Where the current statement stands in the text.
    at: Range<usize>,
    /// Prefixes that stand in statements of their own before an instruction.
    prefixes: u8,
    prefix_statement: Option<source::Statement<'a>>,
    /// The label at the start of the last expression in a call-site table: a
    /// landing pad, unless the next expression is the length of a call site
    /// that starts there.
    call_site: Option<SymbolId>,
}

/// How data uses a label.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mention {
    /// It may be jumped to.
    Address,
    /// It is not.
    Distance,
}

impl<'a> Parser<'a> {
    fn push(&mut self, text: &'a str, line: u32, item: Item) {
        self.program.statements.push(Statement { text, line, item });
    }

    fn in_code(&self) -> bool {
        let sections = &self.program.sections;
        sections[sections.current()].code
    }

    /// Reports a prefix that nothing has followed so far.
    fn no_prefix(&mut self) {
        self.prefixes = 0;
        if let Some(statement) = self.prefix_statement.take() {
            self.problems.push((statement.line, statement.text, Reason::LonePrefix));
        }
    }

    fn statement(&mut self, statement: source::Statement<'a>) -> Result<(), Reason> {
        let source::Statement { mut text, line } = statement;
        let in_run = std::mem::take(&mut self.in_run);
        while let Some((name, rest)) = split_label(text) {
            self.no_prefix();
            self.label(name, line)?;
            text = rest.trim_ascii_start();
        }
        if text.is_empty() {
            return Ok(());
        }
        let word = word_length(text);
        let rest = text[word..].trim_ascii_start();
        if rest.starts_with('=') {
            self.no_prefix();
            let name = unquoted(text[..word].trim_ascii_end());
            return self.assignment(name, rest.trim_start_matches('='), text, line);
        }
        if text.starts_with('.') {
            self.no_prefix();
            if &text[..word] == ".byte" && self.in_code() {
                let joins = in_run && text.len() == statement.text.len();
                return self.bytes(rest, source::Statement { text, line }, joins);
            }
            return self.directive(&text[..word], rest, text, line);
        }
        self.instruction(text, statement)
    }

    fn label(&mut self, name: &'a str, line: u32) -> Result<(), Reason> {
        let symbols = &mut self.program.symbols;
        let id = if name.starts_with(|c: char| c.is_ascii_digit()) {
            let number = name.parse().map_err(|_| Reason::Syntax)?;
            symbols.define_local(number)
        } else {
            symbols.named(unquoted(name))
        };
        symbols[id].defined = true;
        self.push(name, line, Item::Label(id));
        Ok(())
    }

    fn assignment(&mut self, name: &'a str, value: &'a str, text: &'a str, line: u32) -> Result<(), Reason> {
        if name == "." {
            return Err(Reason::Distance);
        }
        self.mention(value, Mention::Address)?;
        let id = self.program.symbols.named(name);
        self.program.symbols[id].alias = true;
        self.push(text, line, Item::Directive(directive::Class::Set));
        Ok(())
    }

    /// Notes how data uses the labels in an expression.
    fn mention(&mut self, text: &'a str, mention: Mention) -> Result<(), Reason> {
        let symbols = &mut self.program.symbols;
        for argument in arguments(text) {
            let whole = !is_distance(argument);
            for token in expr::tokens(argument) {
                let id = match token {
                    Token::Symbol { name, .. } => symbols.named(name),
                    Token::Local { number, forward } => symbols.local(number, forward).ok_or(Reason::UndefinedLocal)?,
                    _ => continue,
                };
                symbols[id].measured = true;
                symbols[id].taken |= mention == Mention::Address;
                symbols[id].whole |= mention == Mention::Address && whole;
            }
        }
        Ok(())
    }

    fn directive(&mut self, name: &'a str, args: &'a str, text: &'a str, line: u32) -> Result<(), Reason> {
        let class = directive::class(name).ok_or(Reason::UnknownDirective)?;
        let sections = &mut self.program.sections;
        let section = &sections[sections.current()];
        let (code, debug, call_sites) = (section.code, section.debug, section.call_sites);
        if class != directive::Class::Leb {
            self.end_call_site();
        }
        match class {
            directive::Class::Macro => {
                self.macros = true;
                return Err(Reason::Macro);
            }
            directive::Class::Refused(why) => return Err(Reason::Refused(why)),
            directive::Class::Section(change) => {
                let from = self.program.sections.current();
                let sections = &mut self.program.sections;
                let to = sections.change(change, args).ok_or(Reason::Syntax)?;
                if sections[to].code && sections[to].name == ".note.GNU-stack" {
                    return Err(Reason::Unsupported(EXECUTABLE_STACK));
                }
                self.push(text, line, Item::Section { from, to });
                return Ok(());
            }
            directive::Class::Global => {
                for name in arguments(args) {
                    let id = self.program.symbols.named(unquoted(name));
                    self.program.symbols[id].global = true;
                }
            }
            directive::Class::Type => {
                let (name, kind) = args.split_once(',').ok_or(Reason::Syntax)?;
                let kind = unquoted(kind.trim_ascii()).trim_start_matches(['@', '%']);
                if matches!(kind, "function" | "STT_FUNC" | "gnu_indirect_function" | "STT_GNU_IFUNC") {
                    let id = self.program.symbols.named(unquoted(name.trim_ascii()));
                    self.program.symbols[id].function = true;
                }
            }
            directive::Class::Set => {
                let (name, value) = args.split_once(',').ok_or(Reason::Syntax)?;
                return self.assignment(unquoted(name.trim_ascii()), value, text, line);
            }
            directive::Class::Data | directive::Class::Leb | directive::Class::Raw if code => {
                return Err(Reason::DataInCode);
            }
            directive::Class::Leb if call_sites => self.call_site(args)?,
            directive::Class::Data | directive::Class::Leb => {
                self.mention(args, if debug { Mention::Distance } else { Mention::Address })?;
            }
            directive::Class::Size => self.mention(args, Mention::Distance)?,
            directive::Class::Align { power } => {
                alignment(power, args).ok_or(Reason::Syntax)?;
            }
            _ => {}
        }
        self.push(text, line, Item::Directive(class));
        Ok(())
    }

    /// `.byte` in code, which `joins` the last run or begins one.
    fn bytes(&mut self, args: &'a str, statement: source::Statement<'a>, joins: bool) -> Result<(), Reason> {
        let source::Statement { text, line } = statement;
        let byte = |text| constant(text).filter(|value| (-128..256).contains(value)).map(|value| value as u8);
        let bytes: Option<Vec<u8>> = arguments(args).map(byte).collect();
        let bytes = bytes.ok_or(Reason::DataInCode)?;
        if !joins {
            let start = self.at.end - text.len();
            self.runs.push(Run { place: start..start, line, text, bytes: Vec::new() });
        }
        if let Some(run) = self.runs.last_mut() {
            run.bytes.extend(bytes);
            run.place.end = self.at.end;
        }
        self.in_run = true;
        Ok(())
    }

    /// `.uleb128 A-B` in a call-site table. Each record is the start of a
    /// call site less the start of the function, its end less its start, the
    /// landing pad less the start of the function (or 0), and an action.
    fn call_site(&mut self, args: &'a str) -> Result<(), Reason> {
        let mut tokens = expr::tokens(args);
        let (first, minus, second) = (tokens.next(), tokens.next(), tokens.next());
        let (
            Some(Token::Symbol { name: first, .. }),
            Some(Token::Operator(b'-')),
            Some(Token::Symbol { name: second, .. }),
            None,
        ) = (first, minus, second, tokens.next())
        else {
            self.end_call_site();
            return self.mention(args, Mention::Address);
        };
        self.mention(args, Mention::Distance)?;
        let (first, second) = (self.program.symbols.named(first), self.program.symbols.named(second));
        if self.call_site.take_if(|start| *start == second).is_none() {
            self.end_call_site();
            self.call_site = Some(first);
        }
        Ok(())
    }

    fn end_call_site(&mut self) {
        if let Some(id) = self.call_site.take() {
            self.program.symbols[id].taken = true;
        }
    }

    fn instruction(&mut self, mut text: &'a str, statement: source::Statement<'a>) -> Result<(), Reason> {
        loop {
            let word = word_length(text);
            let Some(prefix) = prefix(&text[..word])? else { break };
            self.prefixes |= prefix;
            text = text[word..].trim_ascii_start();
            if text.is_empty() {
                self.prefix_statement = Some(statement);
                return Ok(());
            }
        }
        let prefixes = std::mem::take(&mut self.prefixes);
        self.prefix_statement = None;
        if !self.in_code() {
            return Err(Reason::CodeInData);
        }
        let mnemonic = &text[..word_length(text)];
        let entry = mnemonic::lookup(mnemonic).ok_or(Reason::UnknownInstruction)?;
        let mut row = entry.map_err(Reason::Refused)?;
        let first = self.program.operands.len();
        let count = operand::parse_all(&text[mnemonic.len()..], &mut self.program.operands)?;
        let operands = &self.program.operands[first..];
        if matches!(mnemonic, "movsd" | "cmpsd") && !operands.iter().any(|o| o.base.set == Set::Xmm) {
            // The names that Intel gives to what is `movsl`, `cmpsl` here.
            row.class = Class::String(if mnemonic == "movsd" { StringOp::Movs } else { StringOp::Cmps });
        }
        // A fault of an element that is left out does not happen.
        row.touches &= !operands.iter().any(Operand::is_masked);
        check_prefixes(prefixes, &row, operands)?;
        let mut instruction = Instruction::new(row, prefixes, mnemonic, first, count);
        if row.class.is_branch()
            && let [Operand { form: Form::Expression, indirect: false, segment, expression, .. }] = operands
        {
            if segment.set != Set::None {
                return Err(Reason::Segment);
            }
            instruction.target = Some(branch_target(&mut self.program.symbols, expression)?);
        } else {
            for operand in operands {
                check_operand(operand, &row)?;
                names_in(operand.expression, &mut self.program.symbols)?;
            }
        }
        effects(&mut instruction, mnemonic, operands);
        self.push(text, statement.line, Item::Instruction(instruction));
        Ok(())
    }
}

/// Whether an expression subtracts a label.
fn is_distance(text: &str) -> bool {
    let mut minus = false;
    text.contains('-')
        && expr::tokens(text).any(|token| {
            let label = matches!(token, Token::Symbol { .. } | Token::Local { .. } | Token::Dot);
            std::mem::replace(&mut minus, token == Token::Operator(b'-')) && label
        })
}

/// The power of two that a section is aligned to by a directive.
pub(crate) fn alignment(power: bool, args: &str) -> Option<u32> {
    let value = u64::try_from(constant(arguments(args).next()?)?).ok()?;
    let power = if power {
        u32::try_from(value).ok()?
    } else if value == 0 {
        0
    } else if value.is_power_of_two() {
        value.trailing_zeros()
    } else {
        return None;
    };
    (power <= 16).then_some(power)
}

/// The prefix that a word is, if it is one; 0 for one that means nothing here.
fn prefix(word: &str) -> Result<Option<u8>, Reason> {
    Ok(Some(match word {
        "lock" => LOCK,
        "rep" | "repe" | "repz" => REP,
        "repne" | "repnz" => REPNE,
        // Control-flow enforcement and bounds: no-ops without them.
        "notrack" | "bnd" => 0,
        "data16" | "data32" | "addr32" | "addr16" | "rex" | "rex64" | "rex.w" | "cs" | "ds" | "es" | "fs" | "gs"
        | "ss" | "xacquire" | "xrelease" | "code32" => return Err(Reason::Prefix),
        _ if word.starts_with('{') => return Err(Reason::Prefix),
        _ => return Ok(None),
    }))
}

fn check_prefixes(prefixes: u8, row: &Row, operands: &[Operand]) -> Result<(), Reason> {
    let taken = match prefixes {
        0 => true,
        LOCK => {
            let class = matches!(
                row.class,
                Class::Plain | Class::Add | Class::Sub | Class::And | Class::Xor | Class::Xchg | Class::BitTest
            );
            let modifies = match row.last {
                Last::Modify => operands.last().is_some_and(Operand::is_memory),
                Last::Exchange => operands.iter().any(Operand::is_memory),
                _ => false,
            };
            class && modifies
        }
        REP => matches!(row.class, Class::String(_) | Class::BitScan | Class::Return | Class::Nop),
        REPNE => matches!(row.class, Class::String(StringOp::Cmps | StringOp::Scas)),
        _ => false,
    };
    if taken { Ok(()) } else { Err(Reason::Prefix) }
}

/// A label, with `@PLT` or not.
fn branch_target<'a>(symbols: &mut Symbols<'a>, expression: &'a str) -> Result<SymbolId, Reason> {
    let mut tokens = expr::tokens(expression);
    let id = match tokens.next() {
        Some(Token::Symbol { name, modifier: None | Some("PLT" | "plt") }) => symbols.named(name),
        Some(Token::Local { number, forward }) => symbols.local(number, forward).ok_or(Reason::UndefinedLocal)?,
        Some(Token::Dot) => return Err(Reason::Distance),
        _ => return Err(Reason::BranchTarget),
    };
    if tokens.next().is_some() {
        return Err(Reason::BranchTarget);
    }
    symbols[id].target = true;
    Ok(id)
}

/// Whether the registers and segments of an operand are such that code in a
/// sandbox may name them.
fn check_operand(operand: &Operand, row: &Row) -> Result<(), Reason> {
    match operand.segment.set {
        Set::None => {}
        Set::Segment if operand.segment.number == super::thread::FS => {}
        // `%es:(%rdi)` is how the operand of a string instruction is written,
        // and long nops may have any segment.
        _ if matches!(row.class, Class::String(_) | Class::Nop) && operand.segment.number != super::thread::GS => {}
        _ => return Err(Reason::Segment),
    }
    if operand.base.set == Set::Rip && (operand.expression.is_empty() || constant(operand.expression).is_some()) {
        return Err(Reason::Distance);
    }
    if operand.indirect && !row.class.is_branch() {
        return Err(Reason::Operand);
    }
    Ok(())
}

/// Notes the labels that an operand names: their address is taken.
fn names_in<'a>(expression: &'a str, symbols: &mut Symbols<'a>) -> Result<(), Reason> {
    if expression.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return Ok(());
    }
    for token in expr::tokens(expression) {
        let id = match token {
            Token::Symbol { modifier: Some(modifier), .. } if is_dynamic_tls(modifier) => {
                return Err(Reason::DynamicTls);
            }
            Token::Symbol { name, .. } => symbols.named(name),
            Token::Local { number, forward } => symbols.local(number, forward).ok_or(Reason::UndefinedLocal)?,
            Token::Dot => return Err(Reason::Distance),
            Token::Bad => return Err(Reason::Operand),
            Token::Number(_) | Token::Operator(_) => continue,
        };
        symbols[id].taken = true;
        symbols[id].whole = true;
    }
    Ok(())
}

fn is_dynamic_tls(modifier: &str) -> bool {
    ["TLSGD", "TLSLD", "TLSLDM", "TLSDESC", "TLSCALL", "DTPOFF"].iter().any(|m| modifier.eq_ignore_ascii_case(m))
}

/// Whether what an instruction leaves in a register does not depend on what was
/// there: `xor`, `sub` and `sbb` of a register and itself, `or $-1`, `and $0`.
fn is_constant(class: Class, mnemonic: &str, operands: &[Operand]) -> bool {
    let [from, to] = operands else { return false };
    if to.form != Form::Register || !to.base.is_whole() {
        return false;
    }
    match from.form {
        Form::Register => {
            from.base == to.base && (matches!(class, Class::Xor | Class::Sub) || mnemonic.starts_with("sbb"))
        }
        Form::Immediate => match constant(from.expression) {
            Some(0) => class == Class::And,
            Some(-1) => class == Class::Plain && mnemonic.starts_with("or"),
            _ => false,
        },
        Form::Address | Form::Expression | Form::Rounding => false,
    }
}

/// What an instruction reads and overwrites of the flags and `%r11`.
fn effects(instruction: &mut Instruction, mnemonic: &str, operands: &[Operand]) {
    let row = instruction.row;
    for (index, operand) in operands.iter().enumerate() {
        if !operand.mentions(R11) {
            continue;
        }
        let last = index + 1 == operands.len();
        if operand.form != Form::Register {
            instruction.uses |= R11_ALL;
        } else if last && instruction.only_writes_last() {
            instruction.kills |= r11_parts(operand.base.set);
        } else {
            instruction.uses |= r11_parts(operand.base.set);
        }
    }
    if is_constant(row.class, mnemonic, operands) && operands[1].base.number == R11 {
        instruction.uses &= !R11_ALL;
        instruction.kills |= R11_ALL;
    }
    match (row.class, operands) {
        (Class::Shift, [count, .., last]) => {
            // A count of zero changes no flags; rotates through the carry count modulo the operand's size.
            let mask = if last.base.set == Set::Gpr64 || mnemonic.ends_with(['q', 'Q']) { 63 } else { 31 };
            let certain = |c: i64| c == 1 || c & mask != 0 && row.reads == 0;
            if count.form != Form::Immediate || !constant(count.expression).is_some_and(certain) {
                instruction.kills &= !Live::from(row.kills);
            }
        }
        (Class::String(_), _) if instruction.prefixes != 0 => instruction.kills &= !Live::from(row.kills),
        // The ABI says so, and so do sandboxed returns and the runtime.
        (Class::Call | Class::Syscall, _) => instruction.kills |= R11_ALL | mnemonic::FLAGS,
        _ => {}
    }
}
