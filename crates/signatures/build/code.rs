//! One signature: a function in C, and one in Rust that calls it.

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

/// A function with this number, in C and in Rust.
pub(crate) fn function(types: &Types, random: &mut Random, number: usize) -> (String, String) {
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
    let arguments: Vec<Value> =
        list.into_iter().enumerate().map(|(index, of)| Value::new(types, random, of, &format!("a{index}"))).collect();
    let result = (!random.one_in(10)).then(|| {
        let of = types.any(random);
        Value::new(types, random, of, "r")
    });
    // A variadic function has a named argument, and promoted ones behind the named ones.
    let least = arguments.iter().rposition(|value| !types.is_promoted(value.of)).map_or(1, |last| last + 1);
    let named = (least < count && random.one_in(2)).then(|| least + random.below(count - least));
    (
        in_c(types, number, &arguments, result.as_ref(), named),
        in_rust(types, number, &arguments, result.as_ref(), named),
    )
}

fn in_c(types: &Types, number: usize, arguments: &[Value], result: Option<&Value>, named: Option<usize>) -> String {
    let type_of = |value: &Value| types.in_c(value.of);
    let mut parameters: Vec<String> =
        arguments.iter().enumerate().map(|(i, a)| format!("{} a{i}", type_of(a))).collect();
    let mut body = String::new();
    if let Some(named) = named {
        body += &format!("    __builtin_va_list list;\n    __builtin_va_start(list, a{});\n", named - 1);
        for (index, argument) in arguments.iter().enumerate().skip(named) {
            let of = type_of(argument);
            body += &format!("    {of} a{index} = __builtin_va_arg(list, {of});\n");
        }
        parameters.truncate(named);
        parameters.push("...".to_owned());
    }
    let returned = result.map_or("void".to_owned(), type_of);
    body += "    checked = wrong = 0;\n";
    body.extend(arguments.iter().map(Value::checked_in_c));
    if let Some(result) = result {
        body += &format!("    {returned} r;\n{}    return r;\n", result.set_in_c());
    }
    let parameters = if parameters.is_empty() { "void".to_owned() } else { parameters.join(", ") };
    format!("{returned} f{number}({parameters})\n{{\n{body}}}\n")
}

fn in_rust(types: &Types, number: usize, arguments: &[Value], result: Option<&Value>, named: Option<usize>) -> String {
    let tuple = |parts: Vec<String>| match parts.len() {
        1 => format!("({},)", parts[0]),
        _ => format!("({})", parts.join(", ")),
    };
    let listed = |part: &dyn Fn(&Value) -> String| {
        let mut parts: Vec<String> = arguments.iter().map(part).collect();
        if let Some(named) = named {
            let rest = tuple(parts.split_off(named));
            parts.push(rest);
        }
        parts
    };
    let (mut signature, mut values) = (listed(&|a| types.in_rust(a.of)), listed(&|a| a.in_rust(types)));
    if let Some(named) = named {
        signature[named] = format!("Variadic<{}>", signature[named]);
        values[named] = format!("Variadic({})", values[named]);
    }
    let returned = result.map_or("()".to_owned(), |result| types.in_rust(result.of));
    let checks = result.map(Value::checked_in_rust).unwrap_or_default();
    let parts: usize = arguments.iter().map(|argument| argument.parts.len()).sum();
    format!(
        "fn f{number}(sandbox: &mut Sandbox) {{\n    let f = sandbox.func::<{}, {returned}>(\"f{number}\").unwrap();\n    \
         let r = f.call(sandbox, {}).unwrap();\n    checked(sandbox, \"f{number}\", {parts});\n{checks}    let _ = r;\n}}\n",
        tuple(signature),
        tuple(values),
    )
}
