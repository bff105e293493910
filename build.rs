//! Builds anew when the bank changes: it is embedded in the binary.

fn main() {
    println!("cargo::rerun-if-changed=bank");
    println!("cargo::rerun-if-changed=migrations");
}
