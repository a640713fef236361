//! Why a field has its value, in one word that machines read and a few that people read.

/// What put a value where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// It is written there: in a model file or a manifest.
    Written,
    /// A patch, or one operation of it.
    Patch,
    /// An entry of `remove`.
    Removal,
    /// A generator of ConfigMaps or Secrets.
    Generator,
    /// The content of a file that an application names.
    File,
    /// An entry of `images`, or a mirror.
    Image,
    /// Labels for all resources.
    Label,
    /// Annotations for all resources.
    Annotation,
    /// A prefix or suffix of names.
    Name,
    /// The namespace for all resources.
    Namespace,
    /// An entry of `replicas`.
    Replicas,
    /// A reference that follows the new name of another resource.
    Reference,
    /// The hash of the content after a name.
    Hash,
    /// The checksum of a ConfigMap on the pods that read it.
    Checksum,
    /// `${{ values.x }}`.
    Interpolation,
    /// A replacement of kustomize.
    Replacement,
    /// A variable of kustomize.
    Variable,
    /// A transformer or generator plugin of kustomize.
    Plugin,
    /// What a template printed.
    Template,
    /// What a Helm chart printed.
    Chart,
    /// What Strata or kustomize notes on a resource.
    Metadata,
    /// A default or a structure that a named rule gives.
    Rule,
}

impl Reason {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Patch => "patch",
            Self::Removal => "removal",
            Self::Generator => "generator",
            Self::File => "file",
            Self::Image => "image",
            Self::Label => "label",
            Self::Annotation => "annotation",
            Self::Name => "name",
            Self::Namespace => "namespace",
            Self::Replicas => "replicas",
            Self::Reference => "reference",
            Self::Hash => "hash",
            Self::Checksum => "checksum",
            Self::Interpolation => "interpolation",
            Self::Replacement => "replacement",
            Self::Variable => "variable",
            Self::Plugin => "plugin",
            Self::Template => "template",
            Self::Chart => "chart",
            Self::Metadata => "metadata",
            Self::Rule => "rule",
        }
    }

    /// What people read; `field` is what asks for it, as a path in its file.
    pub(super) fn words(self, field: &str) -> String {
        let of = |what: &str| if field.is_empty() { what.to_owned() } else { format!("{what} `{field}`") };
        match self {
            Self::Written if field.is_empty() => "written".to_owned(),
            Self::Written => format!("written as `{field}`"),
            Self::Patch => of("patch"),
            Self::Removal => of("removal"),
            Self::Generator => of("generator"),
            Self::File => of("content of the file in"),
            Self::Image => of("image entry"),
            Self::Label => of("label transform"),
            Self::Annotation => of("annotation transform"),
            Self::Name => of("name transform"),
            Self::Namespace => of("namespace transform"),
            Self::Replicas => of("replicas entry"),
            Self::Reference => "the name of what it refers to".to_owned(),
            Self::Hash => "hash of the content after the name".to_owned(),
            Self::Checksum => "checksum of what the pods read".to_owned(),
            Self::Interpolation => of("interpolation in"),
            Self::Replacement => of("replacement"),
            Self::Variable => of("variable"),
            Self::Plugin => of("plugin"),
            Self::Template => of("template"),
            Self::Chart => of("Helm chart"),
            Self::Metadata => of("metadata"),
            Self::Rule => of("default of rule"),
        }
    }

    /// What the transforms call themselves in [`crate::origin::Cause::Transform`].
    pub(super) fn of_transform(name: &str) -> Self {
        match name {
            "images" => Self::Image,
            "labels" => Self::Label,
            "annotations" => Self::Annotation,
            "names" => Self::Name,
            "namespace" => Self::Namespace,
            "replicas" => Self::Replicas,
            "references" => Self::Reference,
            "hash" => Self::Hash,
            "checksums" => Self::Checksum,
            "replacements" => Self::Replacement,
            "vars" => Self::Variable,
            _ => Self::Metadata,
        }
    }
}
