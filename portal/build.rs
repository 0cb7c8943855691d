//! The pages are built by `npm run build` in `web` and are part of the binary: when they change, it
//! is built anew. Nothing is done here that needs Node.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=web/dist");
}
