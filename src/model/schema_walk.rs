//! Finds all that is wrong with a tree, by the schema of the type that refused it.
//!
//! Only what schemars generates for types of the model is understood: references, types, fields,
//! required fields, entries, items, texts, ranges, and alternatives. What a schema cannot say
//! (the pattern of a name, a cron expression) is left to the message of the type itself.
//!
//! Where a schema has alternatives, the one that was meant is chosen by what is written, never by
//! trying each: by the kind of the value, then by the keys of a mapping. So the work stays linear
//! and the messages stay about one shape.

mod hint;
mod shape;

use ecow::EcoString;
use serde_json::Value as Json;

use self::shape::{Schemas, Shape, expected, list, tags};
use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::origin::Origin;
use crate::tree::{Entry, Map, Node, Path, Segment, Value};

/// Trees that are nested deeper are not looked into; the reader refuses them before.
const DEPTH: usize = 256;

/// Adds a diagnostic for everything in `root` that `schema` (a root schema) does not allow.
pub(super) fn walk(root: &Node, schema: &Json, diagnostics: &mut Diagnostics) {
    Walk { schemas: Schemas(schema), path: Path::default(), around: Vec::new(), diagnostics }.node(root, schema);
}

struct Walk<'s, 'd> {
    schemas: Schemas<'s>,
    /// The path of the node that is being looked at.
    path: Path,
    /// The mappings around it: the length of their path, and their shape.
    around: Vec<(usize, Shape<'s>)>,
    diagnostics: &'d mut Diagnostics,
}

impl<'s> Walk<'s, '_> {
    fn node(&mut self, node: &Node, schema: &'s Json) {
        if self.path.segments().len() > DEPTH {
            return;
        }
        let shapes = self.schemas.shapes(schema);
        let fitting: Vec<Shape<'s>> = shapes.iter().copied().filter(|shape| shape.admits(node)).collect();
        match (node.value(), fitting.as_slice()) {
            (_, []) if shapes.is_empty() => {}
            (_, []) => self.wrong_type(node, &shapes),
            (Value::Map(map), fitting) => self.mapping(node, map, fitting, &shapes),
            (Value::Seq(items), [shape]) => self.items(items, *shape),
            (Value::Str(text), fitting) => self.text(node, text, fitting, &shapes),
            (Value::Int(_) | Value::Uint(_) | Value::Float(_), [shape]) => self.range(node, *shape),
            _ => {}
        }
    }

    fn child(&mut self, key: &EcoString, node: &Node, schema: &'s Json) {
        self.path.push_key(key.clone());
        self.node(node, schema);
        self.path.pop();
    }

    fn items(&mut self, items: &[Node], shape: Shape<'s>) {
        for (index, item) in items.iter().enumerate() {
            let Some(schema) = shape.item(index) else { return };
            self.path.push_index(index);
            self.node(item, schema);
            self.path.pop();
        }
    }

    /// A mapping, which may have one of the shapes `fitting`; `shapes` are those of any value.
    fn mapping(&mut self, node: &Node, map: &Map, fitting: &[Shape<'s>], shapes: &[Shape<'s>]) {
        let bare = || shapes.iter().any(|shape| shape.texts().is_some());
        let tagged = fitting.iter().all(|shape| shape.tag().is_some());
        match fitting {
            fitting if tagged && (fitting.len() > 1 || bare()) => self.variant(node, map, fitting, shapes),
            [shape] => self.fields(node, map, *shape),
            fitting => match meant(map, fitting) {
                Some(shape) => self.fields(node, map, shape),
                None => self.no_shape(node, map, shapes),
            },
        }
    }

    /// A mapping with one of several tags as its key.
    fn variant(&mut self, node: &Node, map: &Map, tagged: &[Shape<'s>], shapes: &[Shape<'s>]) {
        let of = |entry: &Entry| tagged.iter().copied().find(|shape| shape.tag() == Some(&entry.key));
        let mut written = map.iter().filter_map(|entry| Some((entry, of(entry)?)));
        match (written.next(), written.next()) {
            (None, _) => self.no_shape(node, map, shapes),
            (Some((_, shape)), None) => self.fields(node, map, shape),
            (Some((first, _)), Some((second, _))) => self.two_shapes(first, second, tagged),
        }
    }

    fn fields(&mut self, node: &Node, map: &Map, shape: Shape<'s>) {
        self.around.push((self.path.segments().len(), shape));
        let mut misspelt = Vec::new();
        for entry in map {
            match shape.property(&entry.key).or_else(|| shape.entries()) {
                Some(schema) => self.child(&entry.key, &entry.node, schema),
                None if shape.is_closed() => misspelt.extend(self.unknown_field(entry, &[shape])),
                None => {}
            }
        }
        // A misspelt field is one mistake, not an unknown field and a missing one.
        for name in shape.required().filter(|name| !map.contains_key(name) && !misspelt.contains(name)) {
            self.missing_field(node, name, shape);
        }
        self.around.pop();
    }

    fn wrong_type(&mut self, node: &Node, shapes: &[Shape<'s>]) {
        let message = format!("{} must be {}, found {}", self.here(), expected(shapes), node.kind());
        self.report("wrong-type", message, node.origin(), hint::for_type(node, shapes));
    }

    fn text(&mut self, node: &Node, text: &str, fitting: &[Shape<'s>], shapes: &[Shape<'s>]) {
        let Some(lists) = fitting.iter().map(|shape| shape.texts()).collect::<Option<Vec<_>>>() else { return };
        let known: Vec<&str> = lists.into_iter().flatten().collect();
        if known.contains(&text) {
            return;
        }
        let help = match near_miss(text, known.iter().copied()) {
            _ if tags(shapes).contains(&text) => format!("`{text}` takes a value: write it as a key, `{text}: …`"),
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write {}", expected(shapes)),
        };
        let text = shown(text);
        let message = match self.path.segments() {
            [] => format!("unknown value `{text}`"),
            _ => format!("unknown value `{text}` of {}", self.here()),
        };
        self.report("unknown-value", message, node.origin(), Some(help));
    }

    fn range(&mut self, node: &Node, shape: Shape<'s>) {
        let (low, high) = shape.range();
        let number = match node.value() {
            Value::Int(number) => *number as f64,
            Value::Uint(number) => *number as f64,
            Value::Float(number) => *number,
            _ => return,
        };
        let below = low.and_then(serde_json::Number::as_f64).is_some_and(|low| number < low);
        let above = high.and_then(serde_json::Number::as_f64).is_some_and(|high| number > high);
        if !below && !above {
            return;
        }
        let bounds = match (low, high) {
            (Some(low), Some(high)) => format!("between {low} and {high}"),
            (Some(low), None) => format!("at least {low}"),
            (None, high) => format!("at most {}", high.map(ToString::to_string).unwrap_or_default()),
        };
        let found = node.scalar_text().unwrap_or_default();
        let message = format!("{} must be {bounds}, found `{found}`", self.here());
        self.report("out-of-range", message, node.origin(), None);
    }

    fn missing_field(&mut self, node: &Node, name: &str, shape: Shape<'s>) {
        let Some(schema) = shape.property(name) else { return };
        let shapes = self.schemas.shapes(schema);
        let field = match shapes.as_slice() {
            [only] if only.texts().is_some_and(|texts| texts.len() == 1) => {
                format!("`{name}: {}`", only.texts().unwrap_or_default().concat())
            }
            shapes => format!("`{name}`, {}", expected(shapes)),
        };
        let help = match self.schemas.description(schema) {
            Some(text) => format!("add {field}: {text}"),
            None => format!("add {field}"),
        };
        self.report("missing-field", format!("missing field `{name}`{}", self.inside()), node.origin(), Some(help));
    }

    /// A key that none of `shapes` has: the shapes that the value around it may have. Returns the
    /// field that was probably meant.
    fn unknown_field(&mut self, entry: &Entry, shapes: &[Shape<'s>]) -> Option<&'s str> {
        let known: Vec<&str> = shapes.iter().flat_map(|shape| shape.fields().map(|(name, _)| name)).collect();
        let key = entry.key.as_str();
        let bare = shapes.iter().any(|shape| shape.texts().is_some_and(|texts| texts.contains(&key)));
        let near = near_miss(key, known.iter().copied());
        let help = match near {
            _ if bare => format!("`{key}` takes no value: write it alone, without `:`"),
            Some(near) => format!("did you mean `{near}`?"),
            None => self.elsewhere(key, shapes).unwrap_or_else(|| match known.as_slice() {
                [] => "no field can be written here".to_owned(),
                known => format!("the fields here are {}", list(known)),
            }),
        };
        let message = format!("unknown field `{}`{}", shown(key), self.inside());
        self.report("unknown-field", message, entry.key_origin, Some(help));
        near
    }

    /// Where the field `key` can be written: in a mapping around this one, or in a field of it.
    fn elsewhere(&self, key: &str, shapes: &[Shape<'s>]) -> Option<String> {
        let here = self.path.segments().len();
        let mut outer = self.around.iter().rev().filter(|(depth, _)| *depth < here);
        if let Some((depth, _)) = outer.find(|(_, shape)| shape.property(key).is_some()) {
            return Some(match self.path.segments().get(..*depth) {
                None | Some([]) => format!("`{key}` is a field of the top level: indent it less"),
                Some(segments) => format!("`{key}` is a field of `{}`: indent it less", path_of(segments)),
            });
        }
        let has = |schema: &'s Json| self.schemas.shapes(schema).iter().any(|shape| shape.property(key).is_some());
        let mut fields = shapes.iter().flat_map(|shape| shape.fields());
        fields.find_map(|(name, schema)| {
            if has(schema) {
                return Some(format!("`{key}` is a field of `{name}`: write it there"));
            }
            let entries = self.schemas.shapes(schema).iter().any(|shape| shape.entries().is_some_and(has));
            entries.then(|| format!("`{key}` is a field of each entry of `{name}`: write it there"))
        })
    }

    /// A mapping of which the keys do not say which of `shapes` is meant.
    fn no_shape(&mut self, node: &Node, map: &Map, shapes: &[Shape<'s>]) {
        let known = |key: &str| shapes.iter().any(|shape| shape.property(key).is_some());
        let unknown: Vec<&Entry> = map.iter().filter(|entry| !known(&entry.key)).collect();
        for entry in &unknown {
            self.unknown_field(entry, shapes);
        }
        if unknown.is_empty() {
            let message = format!("{} must be {}", self.here(), expected(shapes));
            self.report("wrong-shape", message, node.origin(), None);
        }
    }

    fn two_shapes(&mut self, first: &Entry, second: &Entry, shapes: &[Shape<'s>]) {
        let message = format!("{} takes one of `{}` and `{}`, not both", self.here(), first.key, second.key);
        let help = format!("keep exactly one of {}", list(&tags(shapes)));
        let other = format!("`{}` is written here", first.key);
        self.diagnostics.push(
            Diagnostic::error("wrong-shape", message).at(second.key_origin).related(first.key_origin, other).help(help),
        );
    }

    /// The path of the node, as the subject of a sentence.
    fn here(&self) -> String {
        match self.path.segments() {
            [] => "the document".to_owned(),
            _ => format!("`{}`", self.path),
        }
    }

    /// The path of the node, as the place of a field; nothing at the top.
    fn inside(&self) -> String {
        match self.path.segments() {
            [] => String::new(),
            _ => format!(" in `{}`", self.path),
        }
    }

    fn report(&mut self, code: &'static str, message: String, origin: Origin, help: Option<String>) {
        let diagnostic = Diagnostic::error(code, message).at(origin);
        self.diagnostics.push(match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }
}

/// The one of several shapes of a mapping that its keys speak for: the texts of its fields do not
/// contradict it, then the fewest required fields are missing, then the fewest keys are unknown.
/// `None` when two are equally near, or when no key is known to the nearest.
fn meant<'s>(map: &Map, shapes: &[Shape<'s>]) -> Option<Shape<'s>> {
    let distance = |shape: &Shape<'s>| {
        let missing = shape.required().filter(|name| !map.contains_key(name)).count();
        let unknown = map.keys().filter(|key| shape.property(key).is_none() && shape.is_closed()).count();
        (contradictions(map, *shape), missing, unknown)
    };
    let mut ranked: Vec<_> = shapes.iter().map(|shape| (distance(shape), shape)).collect();
    ranked.sort_by_key(|(distance, _)| *distance);
    let [(nearest, shape), (next, _), ..] = ranked.as_slice() else { return shapes.first().copied() };
    let speaks = shape.required().next().is_none() || map.keys().any(|key| shape.property(key).is_some());
    (nearest < next && speaks).then_some(**shape)
}

/// How many fields with a fixed text, such as `type: file`, have another text in `map`.
fn contradictions(map: &Map, shape: Shape<'_>) -> usize {
    let fixed = shape.fields().filter_map(|(name, schema)| Some((name, schema.get("const")?.as_str()?)));
    fixed.filter(|(name, text)| map.get(name).and_then(Node::as_str).is_some_and(|written| written != *text)).count()
}

/// A text as a message shows it: cut when it is long.
fn shown(text: &str) -> String {
    const LONGEST: usize = 64;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn path_of(segments: &[Segment]) -> Path {
    let mut path = Path::default();
    for segment in segments {
        match segment {
            Segment::Key(key) => path.push_key(key.clone()),
            Segment::Index(index) => path.push_index(*index),
        }
    }
    path
}
