//! One signature: functions in C, and functions in Rust that call them and that they call.

use super::types::{Leaf, Random, Type, Types, literal};

/// A value known to both sides.
struct Value {
    of: Type,
    /// Its parts and what they are, in C and in Rust.
    parts: Vec<(Leaf, (String, String))>,
}

impl Value {
    fn new(types: &Types, random: &mut Random, of: Type, name: &str) -> Self {
        let parts = types.leaves(of, name, name).into_iter().map(|leaf| {
            let value = literal(random, leaf.scalar);
            (leaf, value)
        });
        Self { of, parts: parts.collect() }
    }

    /// Statements of C that check it.
    fn checked_in_c(&self) -> String {
        let check =
            |(leaf, value): &(Leaf, (String, String))| format!("    checked++; wrong += {} != {};\n", leaf.c, value.0);
        self.parts.iter().map(check).collect()
    }

    /// Statements of C that set it.
    fn set_in_c(&self) -> String {
        self.parts.iter().map(|(leaf, value)| format!("    {} = {};\n", leaf.c, value.0)).collect()
    }

    /// Statements of Rust that check it.
    fn checked_in_rust(&self) -> String {
        let check = |(leaf, value): &(Leaf, (String, String))| {
            format!("    assert!({{ {} }} == {}, \"{}\");\n", leaf.rust, value.1, leaf.rust)
        };
        self.parts.iter().map(check).collect()
    }

    /// An expression of Rust.
    fn in_rust(&self, types: &Types) -> String {
        types.value(self.of, &mut self.parts.iter().map(|(_, value)| value.1.clone()))
    }
}

/// A signature with values for its arguments and its result.
struct Signature<'a> {
    types: &'a Types,
    number: usize,
    arguments: Vec<Value>,
    result: Option<Value>,
    /// How many arguments have names, if the function is variadic.
    named: Option<usize>,
}

/// The functions with this number, in C and in Rust: `fN` of the library and
/// what calls it, and `cN` of the library, which calls the host's `hN` back.
pub(crate) fn functions(types: &Types, random: &mut Random, number: usize) -> (String, String) {
    let signature = Signature::new(types, random, number);
    let (mut c, mut rust) = (signature.function_in_c(), signature.call_in_rust());
    // Callbacks have all their arguments.
    if signature.named.is_none() {
        c += &signature.call_in_c();
        rust += &signature.callback_in_rust();
    }
    (c, rust)
}

impl<'a> Signature<'a> {
    fn new(types: &'a Types, random: &mut Random, number: usize) -> Self {
        let most = if random.one_in(2) { 12 } else { 4 };
        let count = random.below(most + 1);
        let mut list: Vec<Type> = (0..count).map(|_| types.any(random)).collect();
        // A wide integer that finds one register left takes it from those behind it in clang, and not in the psABI and
        // gcc. At most two in front of all others never find one left.
        list.sort_by_key(|of| !types.is_wide(*of));
        while list.get(2).is_some_and(|of| types.is_wide(*of)) {
            list.remove(0);
        }
        let count = list.len();
        let arguments: Vec<Value> = list
            .into_iter()
            .enumerate()
            .map(|(index, of)| Value::new(types, random, of, &format!("a{index}")))
            .collect();
        let result = (!random.one_in(10)).then(|| {
            let of = types.any(random);
            Value::new(types, random, of, "r")
        });
        // A variadic function has a named argument, and promoted ones behind the named ones.
        let least = arguments.iter().rposition(|value| !types.is_promoted(value.of)).map_or(1, |last| last + 1);
        let named = (least < count && random.one_in(2)).then(|| least + random.below(count - least));
        Self { types, number, arguments, result, named }
    }

    fn result_in_c(&self) -> String {
        self.result.as_ref().map_or("void".to_owned(), |result| self.types.in_c(result.of))
    }

    fn result_in_rust(&self) -> String {
        self.result.as_ref().map_or("()".to_owned(), |result| self.types.in_rust(result.of))
    }

    /// How many parts without parts its arguments have.
    fn parts(&self) -> usize {
        self.arguments.iter().map(|argument| argument.parts.len()).sum()
    }

    /// Checks its arguments, and returns the result.
    fn function_in_c(&self) -> String {
        let type_of = |value: &Value| self.types.in_c(value.of);
        let mut parameters: Vec<String> = self
            .arguments
            .iter()
            .enumerate()
            .map(|(index, argument)| format!("{} a{index}", type_of(argument)))
            .collect();
        let mut body = String::new();
        if let Some(named) = self.named {
            body += &format!("    __builtin_va_list list;\n    __builtin_va_start(list, a{});\n", named - 1);
            for (index, argument) in self.arguments.iter().enumerate().skip(named) {
                let of = type_of(argument);
                body += &format!("    {of} a{index} = __builtin_va_arg(list, {of});\n");
            }
            parameters.truncate(named);
            parameters.push("...".to_owned());
        }
        let (number, returned) = (self.number, self.result_in_c());
        body += "    checked = wrong = 0;\n";
        body.extend(self.arguments.iter().map(Value::checked_in_c));
        if let Some(result) = &self.result {
            body += &format!("    {returned} r;\n{}    return r;\n", result.set_in_c());
        }
        format!("{returned} f{number}({})\n{{\n{body}}}\n", listed_in_c(&parameters))
    }

    /// Calls a function, and checks the result.
    fn call_in_c(&self) -> String {
        let (number, returned) = (self.number, self.result_in_c());
        let parameters: Vec<String> = self.arguments.iter().map(|argument| self.types.in_c(argument.of)).collect();
        let mut body = "    checked = wrong = 0;\n".to_owned();
        for (index, (of, argument)) in parameters.iter().zip(&self.arguments).enumerate() {
            body += &format!("    {of} a{index};\n{}", argument.set_in_c());
        }
        let arguments: Vec<String> = (0..parameters.len()).map(|index| format!("a{index}")).collect();
        let call = format!("f({})", arguments.join(", "));
        body += &match &self.result {
            None => format!("    {call};\n"),
            Some(result) => format!("    {returned} r = {call};\n{}", result.checked_in_c()),
        };
        format!("void c{number}({returned} (*f)({}))\n{{\n{body}}}\n", listed_in_c(&parameters))
    }

    fn call_in_rust(&self) -> String {
        let listed = |part: &dyn Fn(&Value) -> String| {
            let mut parts: Vec<String> = self.arguments.iter().map(part).collect();
            if let Some(named) = self.named {
                let rest = tuple(parts.split_off(named));
                parts.push(rest);
            }
            parts
        };
        let mut signature = listed(&|argument| self.types.in_rust(argument.of));
        let mut values = listed(&|argument| argument.in_rust(self.types));
        if let Some(named) = self.named {
            signature[named] = format!("Variadic<{}>", signature[named]);
            values[named] = format!("Variadic({})", values[named]);
        }
        let (number, returned, parts) = (self.number, self.result_in_rust(), self.parts());
        let checks = self.result.as_ref().map(Value::checked_in_rust).unwrap_or_default();
        format!(
            "fn f{number}(sandbox: &mut Sandbox) {{\n    let f = sandbox.func::<{}, {returned}>(\"f{number}\").unwrap();\n    \
             let r = f.call(sandbox, {}).unwrap();\n    checked(sandbox, \"f{number}\", {parts});\n{checks}    let _ = r;\n}}\n",
            tuple(signature),
            tuple(values),
        )
    }

    /// Has a closure called, which checks its arguments.
    fn callback_in_rust(&self) -> String {
        let number = self.number;
        let signature = tuple(self.arguments.iter().map(|argument| self.types.in_rust(argument.of)).collect());
        let names = tuple((0..self.arguments.len()).map(|index| format!("a{index}")).collect());
        let checks: String = self.arguments.iter().map(Value::checked_in_rust).collect();
        let result = self.result.as_ref().map_or("()".to_owned(), |result| result.in_rust(self.types));
        let parts = self.result.as_ref().map_or(0, |result| result.parts.len());
        format!(
            "fn h{number}(sandbox: &mut Sandbox) {{\n    \
             let h = sandbox.callback(|_: &mut Sandbox, {names}: {signature}| -> {} {{\n{checks}    {result}\n    }}).unwrap();\n    \
             let c = sandbox.func::<(SandboxPtr<()>,), ()>(\"c{number}\").unwrap();\n    \
             c.call(sandbox, (h.pointer(),)).unwrap();\n    sandbox.remove_callback(h).unwrap();\n    \
             checked(sandbox, \"c{number}\", {parts});\n}}\n",
            self.result_in_rust(),
        )
    }
}

fn listed_in_c(parameters: &[String]) -> String {
    if parameters.is_empty() { "void".to_owned() } else { parameters.join(", ") }
}

/// As a tuple of Rust.
fn tuple(parts: Vec<String>) -> String {
    match parts.len() {
        1 => format!("({},)", parts[0]),
        _ => format!("({})", parts.join(", ")),
    }
}
