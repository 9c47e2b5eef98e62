//! Registers the server's schema, against which every operation of the UI is checked as it is compiled.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=../api/schema.graphql");
    cynic_codegen::register_schema("tidemark")
        .from_sdl_file("../api/schema.graphql")?
        .as_default()?;
    Ok(())
}
