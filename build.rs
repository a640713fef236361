//! Links the program at a fixed address where that is possible by one argument.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Some twenty thousand pointers (tables, vtables, places of panics) would be relocated at each
    // start, 0.5 ms of a whole small build. There is no unsafe code of ours that an
    // address chosen at random would protect.
    let of = |name| std::env::var(name).unwrap_or_default();
    if of("CARGO_CFG_TARGET_OS") == "linux" && of("CARGO_CFG_TARGET_ENV") == "gnu" {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
