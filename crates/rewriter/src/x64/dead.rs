//! A register for the target of a jump through memory while `%r11` is in use:
//! [x64.rewrite.branch].
//!
//! The registers of the jump's own operand have done their work when the jump is
//! made. Whether one of them is read again before it is overwritten is found
//! by walking from every label that the jump may go to. The walk trusts only
//! instructions whose registers all stand in their operands.
//!
//! At a tail call, registers that carry arguments would be read by the callee,
//! and those that callees preserve have their old values back: they cannot hold
//! the index or the base of a table. So where one does, the jump stays in its
//! function, and any register may be free; else only `%rax` may be, as part of
//! the operand.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    flow::function_of,
    mnemonic::Class,
    program::{Form, Instruction, Item, Operand, Program, Statement},
    register::{RAX, RDX, Set},
};
use crate::{
    directive,
    section::SectionId,
    symbols::{Symbol, SymbolId},
};

/// What callees preserve: `%rbx`, `%rbp`, `%r12` to `%r15`.
const PRESERVED: [u8; 6] = [3, 5, 12, 13, 14, 15];

/// All but `%rsp` and `%r11`, those first that are least in use where much code
/// begins.
const CANDIDATES: [u8; 14] = [RAX, 7, 6, 2, 1, 8, 9, 10, 3, 5, 12, 13, 14, 15];

/// Beginnings of the mnemonics whose registers all stand in their operands
/// (`%rsp` and the flags apart), given that string instructions and branches
/// are told apart by class.
const EXPLICIT: [&str; 56] = [
    "mov", "lea", "add", "adc", "sub", "sbb", "and", "or", "xor", "cmp", "test", "inc", "dec", "neg", "not", "shl",
    "shr", "sal", "sar", "rol", "ror", "set", "cmov", "push", "pop", "nop", "bs", "bt", "tzcnt", "lzcnt", "popcnt",
    "pxor", "pand", "por", "padd", "psub", "psll", "psrl", "psra", "pshuf", "pcmpeq", "pcmpgt", "punpck", "unpck",
    "shuf", "ucomis", "comis", "cvt", "sqrt", "min", "max", "round", "muls", "mulp", "divs", "divp",
];

/// Beginnings of the mnemonics that may also use `%rax` and `%rdx`, and no others.
const WIDENING: [&str; 10] = ["cbtw", "cwtl", "cltq", "cwtd", "cltd", "cqto", "mul", "imul", "div", "idiv"];

type Function = Option<SymbolId>;

/// Where the labels of a program are, and what is known of their functions.
pub(super) struct Dead {
    /// Index of the statement of each label in code, by symbol.
    places: Vec<Option<usize>>,
    /// Beginnings of functions, in order.
    functions: Vec<(usize, SymbolId)>,
    /// By function: places of its labels whose address is taken whole.
    taken: FxHashMap<Function, Vec<usize>>,
    known: FxHashMap<(Function, u8), bool>,
}

impl Dead {
    pub(super) fn new(program: &Program) -> Self {
        let mut dead = Self {
            places: vec![None; program.symbols.len()],
            functions: Vec::new(),
            taken: FxHashMap::default(),
            known: FxHashMap::default(),
        };
        let mut code = true;
        for (index, statement) in program.statements.iter().enumerate() {
            let id = match statement.item {
                Item::Label(id) if code => id,
                Item::Section { to, .. } => {
                    code = program.sections[to].code;
                    continue;
                }
                _ => continue,
            };
            dead.places[id.0 as usize] = Some(index);
            let symbol = program.symbols[id];
            if symbol.function {
                dead.functions.push((index, function_of(&program.symbols, statement.text, id)));
            } else if symbol.whole || symbol.global {
                let function = dead.functions.last().map(|&(_, id)| id);
                dead.taken.entry(function).or_default().push(index);
            }
        }
        dead
    }

    /// A general register whose value is not needed once the indirect jump
    /// through `operand` at `index` has been made; one of the operand's own if
    /// possible.
    pub(super) fn after_jump(&mut self, program: &Program, index: usize, operand: &Operand) -> Option<u8> {
        let before = self.functions.partition_point(|&(start, _)| start <= index);
        let function = before.checked_sub(1).map(|last| self.functions[last].1);
        let stays = PRESERVED.iter().any(|&number| operand.mentions(number));
        let (own, others): (Vec<u8>, Vec<u8>) = CANDIDATES.iter().partition(|&&number| operand.mentions(number));
        let allowed = |number: &u8| stays || *number == RAX && operand.mentions(RAX);
        own.into_iter().chain(others).filter(allowed).find(|&number| {
            *self.known.entry((function, number)).or_insert_with(|| {
                is_dead(program, &self.places, self.taken.get(&function).map_or(&[], Vec::as_slice), number)
            })
        })
    }
}

/// Whether a register is overwritten before it is read from all of the places
/// in `taken`, of which there must be one. `places` are those of all labels.
fn is_dead(program: &Program, places: &[Option<usize>], taken: &[usize], number: u8) -> bool {
    // Places to walk from, and whether the low byte has been overwritten on the
    // way there.
    let mut work: Vec<(usize, bool)> = taken.iter().map(|&place| (place, false)).collect();
    let mut seen = FxHashSet::default();
    while let Some((mut index, mut byte)) = work.pop() {
        // Whether the function may be over: behind a call, its size, or a part of another section.
        let mut over = false;
        // Behind the end of a section there is nothing that control could come to.
        while let Some(statement) = program.statements.get(index) {
            let step = match statement.item {
                Item::Label(id) if over && program.symbols[id].function => Step::End,
                Item::Label(id) if !is_reachable(&program.symbols[id]) => Step::On,
                Item::Label(_) if seen.insert((index, byte)) => Step::On,
                Item::Label(_) => Step::End,
                Item::Directive(class) if is_data(class) => Step::Live,
                Item::Directive(_) => {
                    over |= statement.text.starts_with(".size");
                    Step::On
                }
                Item::Section { from, .. } => {
                    over = true;
                    index = resumption(program, index, from);
                    Step::On
                }
                Item::Instruction(instruction) => {
                    over = instruction.row.class == Class::Call;
                    step(program, statement, &instruction, number, &mut byte)
                }
            };
            match step {
                Step::On => {}
                Step::End => break,
                Step::Live => return false,
                Step::Jump(target) | Step::Branch(target) => {
                    let Some(place) = places[target.0 as usize] else { return false };
                    work.push((place, byte));
                    if matches!(step, Step::Jump(_)) {
                        break;
                    }
                }
            }
            index += 1;
        }
    }
    !taken.is_empty()
}

/// Where `section`, which ends at `end`, is gone on with.
fn resumption(program: &Program, end: usize, section: SectionId) -> usize {
    let behind = program.statements.iter().enumerate().skip(end);
    let mut back = behind.filter(|(_, statement)| matches!(statement.item, Item::Section { to, .. } if to == section));
    back.next().map_or(program.statements.len(), |(index, _)| index)
}

/// Whether control may come to a label from elsewhere; debug information has
/// labels to which it does not.
fn is_reachable(symbol: &Symbol) -> bool {
    symbol.target || symbol.taken || symbol.global || symbol.function
}

/// How a walk goes on after a statement.
#[derive(Clone, Copy)]
enum Step {
    On,
    /// The value is overwritten, or the path was walked already.
    End,
    /// The value is read, or may be.
    Live,
    Jump(SymbolId),
    Branch(SymbolId),
}

fn step(program: &Program, statement: &Statement, instruction: &Instruction, number: u8, byte: &mut bool) -> Step {
    let operands = instruction.operands(&program.operands);
    let mentioned = operands.iter().filter(|operand| operand.mentions(number)).count();
    match (instruction.row.class, instruction.target) {
        (Class::Halt, _) => Step::End,
        (Class::Jump, Some(target)) if mentioned == 0 => Step::Jump(target),
        (Class::Branch, Some(target)) if mentioned == 0 => Step::Branch(target),
        // To the labels that the walk begins with.
        (Class::Jump, None) if mentioned == 0 => Step::End,
        // A callee overwrites %rax. Were it variadic it would read %al, which its
        // caller sets for it: what is there from the jump is no such number.
        (Class::Call, _) if mentioned == 0 && number == RAX => Step::End,
        // What a function returns is in %rax and %rdx.
        (Class::Return, _) if !PRESERVED.contains(&number) && ![RAX, RDX].contains(&number) => Step::End,
        (Class::Call, _) if mentioned == 0 && PRESERVED.contains(&number) => Step::On,
        (Class::Jump | Class::Branch | Class::Call, _) => Step::Live,
        (
            Class::Return
            | Class::Loop
            | Class::Rcxz
            | Class::Syscall
            | Class::String(_)
            | Class::Leave
            | Class::Xchg
            | Class::Wait,
            _,
        ) => Step::Live,
        _ if mentioned == 0 => {
            let name = instruction.mnemonic(statement);
            let begins = |stem: &&str| name.starts_with(*stem);
            // Alone, the operand of `imul` is multiplied by %rax.
            let multiply = name.starts_with("imul") && operands.len() > 1;
            let widening = ![RAX, RDX].contains(&number) && WIDENING.iter().any(begins);
            let explicit = !name.starts_with("cmpxchg") && EXPLICIT.iter().any(begins);
            if multiply || widening || explicit { Step::On } else { Step::Live }
        }
        // `xorl %eax, %eax`
        (Class::Xor, _)
            if operands.iter().all(|o| o.form == Form::Register && o.base == operands[0].base && o.base.is_whole()) =>
        {
            Step::End
        }
        _ => {
            let is_byte = |operand: &Operand| operand.form == Form::Register && operand.base.set == Set::Gpr8;
            let Some((last, sources)) = operands.split_last() else { return Step::Live };
            // Reading a byte that was written since is reading something else.
            let read = sources.iter().any(|o| o.mentions(number) && !(*byte && is_byte(o)));
            let written = instruction.only_writes_last() && last.form == Form::Register && last.mentions(number);
            match (read, written) {
                (true, _) => Step::Live,
                (false, true) if last.base.is_whole() => Step::End,
                (false, true) if is_byte(last) => {
                    *byte = true;
                    Step::On
                }
                (false, false) if *byte && is_byte(last) || !last.mentions(number) => Step::On,
                _ => Step::Live,
            }
        }
    }
}

fn is_data(class: directive::Class) -> bool {
    matches!(class, directive::Class::Data | directive::Class::Leb | directive::Class::Raw)
}
