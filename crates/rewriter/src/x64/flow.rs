//! Which flags are live, and whether `%r11` is, after each instruction.
//!
//! Backward dataflow over the control-flow graph of the whole file. By the
//! psABI `%r11` and the flags are dead at calls, returns and jumps out of the
//! file, and nothing is known about what follows the end of a section, which
//! control does not reach. An indirect jump goes to any label of its function
//! whose address is taken (a jump table, a computed goto), or it is a tail call.
//! A jump through memory outside of the frame does not go to labels of which only
//! distances are taken. Each edge is looked at once for each bit, so the time is
//! linear.
//!
//! What is expected of a callee is another question, which must not be answered
//! with more than is true: it is what the straight code behind the call reads.
//! Behind a label or a branch compilers also read what never was written, and
//! code that follows a call that does not return.

use super::{
    mnemonic::{Class, FLAGS},
    program::{Instruction, Item, Live, Operand, Program, R11_ALL},
};
use crate::symbols::{SymbolId, Symbols};

type Node = u32;

/// The node of everything unknown, where all is live.
const ANYWHERE: Node = 0;

#[derive(Default)]
struct Graph {
    /// What a node reads before it overwrites it.
    uses: Vec<Live>,
    kills: Vec<Live>,
    edges: Vec<(Node, Node)>,
}

impl Graph {
    fn node(&mut self) -> Node {
        self.uses.push(0);
        self.kills.push(0);
        self.uses.len() as Node - 1
    }

    fn add(&mut self, node: Node, uses: Live, kills: Live) {
        let node = node as usize;
        self.uses[node] |= uses & !self.kills[node];
        self.kills[node] |= kills;
    }

    /// What is live at the end of each node.
    fn solve(&self) -> Vec<Live> {
        let count = self.uses.len();
        // Predecessors, sorted by node.
        let mut starts = vec![0_u32; count + 1];
        for &(_, to) in &self.edges {
            starts[to as usize + 1] += 1;
        }
        for i in 0..count {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut predecessors = vec![0; self.edges.len()];
        for &(from, to) in &self.edges {
            predecessors[next[to as usize] as usize] = from;
            next[to as usize] += 1;
        }
        let mut out = vec![0 as Live; count];
        let mut before = self.uses.clone();
        let mut work: Vec<Node> = (0..count as Node).filter(|&n| before[n as usize] != 0).collect();
        while let Some(node) = work.pop() {
            let node = node as usize;
            let live = before[node];
            for &from in &predecessors[starts[node] as usize..starts[node + 1] as usize] {
                let from = from as usize;
                out[from] |= live;
                let new = self.uses[from] | out[from] & !self.kills[from];
                if new != before[from] {
                    before[from] = new;
                    work.push(from as Node);
                }
            }
        }
        out
    }
}

/// The function that a label belongs to, by the symbol of its name; compilers
/// move rare parts of `f` into a function `f.cold`.
pub(super) fn function_of(symbols: &Symbols, name: &str, id: SymbolId) -> SymbolId {
    name.find(".cold").and_then(|end| symbols.find(&name[..end])).unwrap_or(id)
}

struct Builder<'p, 'a> {
    program: &'p Program<'a>,
    graph: Graph,
    /// Where control is, if it is anywhere.
    current: Option<Node>,
    /// Whether the current node is still without instructions.
    fresh: bool,
    /// Whether control goes on behind the last instruction. (It may not behind
    /// a call, and compilers end functions with calls that do not return.)
    falls_in: bool,
    /// The function of the current place.
    function: Option<SymbolId>,
    /// The function of each label, by symbol.
    owners: Vec<Option<SymbolId>>,
    /// Instructions that end a node, in order, with the node.
    ends: Vec<(usize, Node)>,
    /// Node of each label, by symbol.
    labels: Vec<Option<Node>>,
    /// Node, target, and the function that the node belongs to.
    branches: Vec<(Node, SymbolId, Option<SymbolId>)>,
    /// Per function: the node that stands for all its labels whose address is
    /// taken, and that for those of them whose address may stand in memory.
    taken: Vec<Option<[Node; 2]>>,
}

impl<'p, 'a> Builder<'p, 'a> {
    fn new(program: &'p Program<'a>) -> Self {
        let count = program.symbols.len();
        let mut graph = Graph::default();
        let anywhere = graph.node();
        graph.add(anywhere, FLAGS | R11_ALL, 0);
        Self {
            program,
            graph,
            current: None,
            fresh: false,
            falls_in: false,
            function: None,
            owners: vec![None; count],
            ends: Vec::new(),
            labels: vec![None; count],
            branches: Vec::new(),
            taken: vec![None; count + 1],
        }
    }

    fn build(&mut self) {
        let program = self.program;
        let mut open: Vec<Option<Node>> = vec![None; program.sections.len()];
        let mut code = true;
        for (index, statement) in program.statements.iter().enumerate() {
            match &statement.item {
                Item::Section { from, to } => {
                    open[from.0 as usize] = self.current;
                    self.current = open[to.0 as usize];
                    (self.fresh, self.falls_in) = (false, false);
                    code = program.sections[*to].code;
                }
                Item::Label(id) if code => self.label(*id, statement.text),
                Item::Instruction(instruction) => self.instruction(index, instruction),
                Item::Label(_) | Item::Directive(_) => {}
            }
        }
        for (node, target, function) in std::mem::take(&mut self.branches) {
            let symbol = program.symbols[target];
            let anywhere = symbol.alias && !symbol.function && !symbol.global;
            let to = if anywhere { Some(ANYWHERE) } else { self.labels[target.0 as usize] };
            self.graph.edges.extend(to.map(|to| (node, to)));
            let owner = self.owners[target.0 as usize];
            if is_local(&program.symbols, target) && owner != function {
                self.join(function, owner);
            }
        }
    }

    /// Two functions written by hand that share code may share tables.
    fn join(&mut self, a: Option<SymbolId>, b: Option<SymbolId>) {
        for (a, b) in std::iter::zip(self.taken(a), self.taken(b)) {
            self.graph.edges.extend([(a, b), (b, a)]);
        }
    }

    /// Starts a node, which control falls into from another.
    fn start(&mut self, from: Option<Node>) -> Node {
        let node = self.graph.node();
        self.graph.edges.extend(from.map(|from| (from, node)));
        (self.current, self.fresh) = (Some(node), true);
        node
    }

    fn label(&mut self, id: SymbolId, name: &str) {
        let node = match self.current {
            Some(node) if self.fresh => node,
            from => self.start(from),
        };
        self.labels[id.0 as usize] = Some(node);
        let symbol = self.program.symbols[id];
        if symbol.function {
            let function = Some(function_of(&self.program.symbols, name, id));
            if self.falls_in {
                self.join(self.function, function);
            }
            self.function = function;
        } else if symbol.taken || symbol.global {
            let [any, entry] = self.taken(self.function);
            self.graph.edges.push((any, node));
            if symbol.whole || symbol.global {
                self.graph.edges.push((entry, node));
            }
        }
        self.owners[id.0 as usize] = self.function;
    }

    /// The nodes that stand for where an indirect jump of the function goes,
    /// and one through memory.
    fn taken(&mut self, function: Option<SymbolId>) -> [Node; 2] {
        let slot = &mut self.taken[function.map_or(0, |id| id.0 as usize + 1)];
        *slot.get_or_insert_with(|| [(); 2].map(|()| self.graph.node()))
    }

    fn instruction(&mut self, index: usize, instruction: &Instruction) {
        let node = self.current.unwrap_or_else(|| self.start(None));
        self.fresh = false;
        let class = instruction.row.class;
        self.falls_in = !matches!(class, Class::Call | Class::Syscall | Class::Jump | Class::Return | Class::Halt);
        if class == Class::Call
            && let Some(target) = instruction.target.filter(|&id| is_local(&self.program.symbols, id))
        {
            // What a local routine reads is live here; what follows is not
            // what follows in time.
            self.branches.push((node, target, self.function));
            self.ends.push((index, node));
            self.start(None);
            return;
        }
        self.graph.add(node, instruction.uses, instruction.kills);
        if !ends_node(class) {
            return;
        }
        self.ends.push((index, node));
        self.current = None;
        if let Some(target) = instruction.target {
            self.branches.push((node, target, self.function));
        } else if class == Class::Jump {
            let [any, entry] = self.taken(self.function);
            let table = instruction.operands(&self.program.operands).iter().any(Operand::is_outside_frame);
            self.graph.edges.push((node, if table { entry } else { any }));
        }
        if matches!(class, Class::Branch | Class::Loop | Class::Rcxz) {
            self.start(Some(node));
        }
    }
}

fn ends_node(class: Class) -> bool {
    matches!(class, Class::Jump | Class::Branch | Class::Loop | Class::Rcxz | Class::Return | Class::Halt)
}

/// Whether a symbol is a label of hand-written code that the ABI may not hold for.
pub(super) fn is_local(symbols: &Symbols, id: SymbolId) -> bool {
    let symbol = symbols[id];
    symbol.defined && !symbol.function && !symbol.global
}

/// What an instruction certainly reads and overwrites. `bsf` and `bsr` leave
/// their destination alone when there is nothing to find; few count on that. gcc
/// pushes any register where it only wants the stack pointer moved.
fn certain(instruction: &Instruction) -> (Live, Live) {
    let Instruction { uses, kills, .. } = *instruction;
    match instruction.row.class {
        Class::BitScan => (uses & FLAGS, kills | uses & R11_ALL),
        Class::Push => (uses & FLAGS, kills),
        _ => (uses, kills),
    }
}

/// Fills in [`super::program::Instruction::live`].
pub(crate) fn liveness(program: &mut Program) {
    let mut builder = Builder::new(program);
    builder.build();
    let out = builder.graph.solve();
    let mut ends = builder.ends;
    let mut open = vec![(0, 0); program.sections.len()];
    // What may be read from here on, and what the code up to the next label or
    // branch reads.
    let (mut live, mut expected): (Live, Live) = (0, 0);
    for (index, statement) in program.statements.iter_mut().enumerate().rev() {
        match &mut statement.item {
            Item::Section { from, to } => {
                open[to.0 as usize] = (live, expected);
                (live, expected) = open[from.0 as usize];
            }
            Item::Instruction(instruction) => {
                let end = ends.pop_if(|&mut (at, _)| at == index).map(|(_, node)| out[node as usize]);
                if instruction.row.class == Class::Call {
                    instruction.live = expected;
                    live = instruction.uses | live & !instruction.kills | end.unwrap_or(0);
                } else {
                    instruction.live = end.unwrap_or(live);
                    live = instruction.live_before();
                }
                let (uses, kills) = certain(instruction);
                expected = uses | if end.is_some() { 0 } else { expected & !kills };
            }
            Item::Label(_) => expected = 0,
            Item::Directive(_) => {}
        }
    }
}
