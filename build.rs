//! Links the program at a fixed address where that is possible by one argument.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Some twenty thousand pointers (tables, vtables, places of panics) would be relocated at each
    // start, which takes longer than a small overlay: 0.6 of 3.4 ms. There is no unsafe code that an
    // address chosen at random would protect.
    let of = |name| std::env::var(name).unwrap_or_default();
    if of("CARGO_CFG_TARGET_OS") == "linux" && of("CARGO_CFG_TARGET_ENV") == "gnu" {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
