use lfi::*;
fn main() {
    let returns = std::env::args().nth(1).unwrap();
    let file = lfi_filetest::library_with(
        "int add(int a, int b) { return a + b; }",
        &["-O2", &format!("--lfi-returns={returns}")],
    );
    let engine = Engine::new(&Config::default()).unwrap();
    let mut s = Sandbox::new(&engine, &Module::open(file).unwrap()).unwrap();
    let add = s.func::<(i32, i32), i32>("add").unwrap();
    let mut x = 0;
    let n: i32 = std::env::args().nth(2).unwrap().parse().unwrap();
    for i in 0..n {
        x += add.call(&mut s, (i, 1)).unwrap() & 1;
    }
    println!("{x}");
}
