//! What users write, as types.

/// The JSON Schemas of the files that users write: file name and text.
pub fn schemas() -> Vec<(&'static str, String)> {
    let schema = |title: &str| format!("{{\n  \"title\": \"{title}\"\n}}\n");
    vec![
        ("app.schema.json", schema("App")),
        ("component.schema.json", schema("Component")),
        ("overlay.schema.json", schema("Overlay")),
        ("project.schema.json", schema("Project")),
    ]
}
