//! A cursor into the definitions: one type of one release.

use super::pack::{PACK, TypeRecord};

/// One type of one release: a cursor of a few bytes into the pack.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    record: TypeRecord,
    version: u8,
}

/// What a type accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Anything (`JSON`, `JSONSchemaPropsOrBool`).
    Any,
    /// A mapping with named fields, or with free content ([`Type::preserves_unknown_fields`]).
    Object,
    /// A mapping from any key to values of one type ([`Type::additional`]).
    Map,
    /// A list ([`Type::items`]).
    Array,
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A truth value.
    Boolean,
    /// `IntOrString`: a 32-bit whole number, or text.
    IntOrString,
    /// `Quantity`: text such as `500m` or `1Gi`, or a number.
    Quantity,
}

impl Kind {
    /// The kind in words, for messages that say what was expected.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Any => "anything",
            Self::Object | Self::Map => "a mapping",
            Self::Array => "a list",
            Self::String => "a string",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::IntOrString => "an integer or a string",
            Self::Quantity => "a string or a number",
        }
    }
}

/// The format of a string or number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// 32 bits with a sign.
    Int32,
    /// 64 bits with a sign.
    Int64,
    /// A floating-point number.
    Double,
    /// Base64.
    Byte,
    /// `Time` and `MicroTime`: RFC 3339.
    DateTime,
}

/// What `x-kubernetes-list-type` says, which server-side apply follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListType {
    /// Replaced whole.
    Atomic,
    /// Scalars without repetition.
    Set,
    /// Objects that [`Type::list_map_keys`] identify.
    Map,
}

/// What `x-kubernetes-patch-strategy` says; no strategy means that a list is replaced and an
/// object merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PatchStrategy {
    /// Lists merge: by [`Type::merge_key`], or as a set where there is none.
    pub merge: bool,
    /// The patch lists all keys that stay (`$retainKeys`).
    pub retain_keys: bool,
    /// The value is replaced whole, also where it is an object.
    pub replace: bool,
}

/// A field of an object.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub of: Type,
    /// Whether an object without it is refused.
    pub required: bool,
}

impl Type {
    pub(super) fn new(id: u16, version: u8) -> Option<Self> {
        Some(Self { record: PACK.type_record(id)?, version })
    }

    /// What the type accepts.
    pub fn kind(self) -> Kind {
        match self.record.kind {
            1 => Kind::Object,
            2 => Kind::Map,
            3 => Kind::Array,
            4 => Kind::String,
            5 => Kind::Integer,
            6 => Kind::Number,
            7 => Kind::Boolean,
            8 => Kind::IntOrString,
            9 => Kind::Quantity,
            _ => Kind::Any,
        }
    }

    /// The type of a field of an object; `None` when it has no such field in this release.
    pub fn field(self, name: &str) -> Option<Type> {
        let is_object = self.kind() == Kind::Object;
        let record = is_object.then(|| PACK.field(self.record, name, self.version))??;
        Self::new(record.type_id, self.version)
    }

    /// The fields of an object, sorted by name.
    pub fn fields(self) -> impl Iterator<Item = Field> + Clone {
        let records = (self.kind() == Kind::Object).then(|| PACK.fields(self.record)).into_iter().flatten();
        records.filter(move |record| record.versions.contains(self.version)).filter_map(move |record| {
            let of = Self::new(record.type_id, self.version)?;
            Some(Field { name: PACK.string(record.name), of, required: record.required })
        })
    }

    /// The names of the fields that an object must have, sorted.
    pub fn required(self) -> impl Iterator<Item = &'static str> + Clone {
        let records = (self.kind() == Kind::Object).then(|| PACK.fields(self.record)).into_iter().flatten();
        let required = records.filter(move |record| record.required && record.versions.contains(self.version));
        required.map(|record| PACK.string(record.name))
    }

    /// The type of the items of a list.
    pub fn items(self) -> Option<Type> {
        (self.kind() == Kind::Array).then(|| Self::new(self.record.a, self.version))?
    }

    /// The type of the values of a map.
    pub fn additional(self) -> Option<Type> {
        (self.kind() == Kind::Map).then(|| Self::new(self.record.a, self.version))?
    }

    /// `x-kubernetes-patch-merge-key`: the key that identifies the items of a list in a
    /// strategic-merge patch.
    pub fn merge_key(self) -> Option<&'static str> {
        PACK.merge_key(self.record)
    }

    /// `x-kubernetes-patch-strategy`.
    pub fn patch_strategy(self) -> PatchStrategy {
        let has = |flag| self.record.flags & flag != 0;
        PatchStrategy { merge: has(16), retain_keys: has(32), replace: has(64) }
    }

    /// `x-kubernetes-list-type`.
    pub fn list_type(self) -> Option<ListType> {
        [None, Some(ListType::Atomic), Some(ListType::Set), Some(ListType::Map)][usize::from(self.record.flags & 3)]
    }

    /// `x-kubernetes-list-map-keys`.
    pub fn list_map_keys(self) -> impl Iterator<Item = &'static str> {
        PACK.list_map_keys(self.record)
    }

    /// Whether server-side apply replaces the mapping whole (`x-kubernetes-map-type: atomic`).
    pub fn is_atomic_map(self) -> bool {
        self.record.flags & 12 == 4
    }

    /// Whether the content is free: anything, or an object without named fields (`RawExtension`,
    /// `FieldsV1`).
    pub fn preserves_unknown_fields(self) -> bool {
        match self.kind() {
            Kind::Any => true,
            Kind::Object => self.record.b == 0,
            _ => false,
        }
    }

    /// The format of a string or number.
    pub fn format(self) -> Option<Format> {
        match (self.kind(), self.record.a) {
            (Kind::Integer, 1) => Some(Format::Int32),
            (Kind::Integer, 2) => Some(Format::Int64),
            (Kind::Number, 3) => Some(Format::Double),
            (Kind::String, 4) => Some(Format::Byte),
            (Kind::String, 5) => Some(Format::DateTime),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::{Definitions, Version};
    use crate::resource::Gvk;

    fn find(api_version: &str, kind: &str, path: &str) -> Type {
        let root = Definitions::of(Version::NEWEST).resource(&Gvk::new(api_version, kind)).unwrap();
        path.split('.').fold(root, |of, name| match name {
            "[]" => of.items().unwrap(),
            "{}" => of.additional().unwrap(),
            name => of.field(name).unwrap_or_else(|| panic!("no `{name}` in {path}")),
        })
    }

    #[test]
    fn merge_keys_and_strategies_are_those_of_the_api() {
        let containers = find("apps/v1", "Deployment", "spec.template.spec.containers");
        assert_eq!((containers.kind(), containers.merge_key()), (Kind::Array, Some("name")));
        assert_eq!(containers.patch_strategy(), PatchStrategy { merge: true, ..Default::default() });
        assert_eq!(containers.list_type(), Some(ListType::Map));
        let ports = find("v1", "Pod", "spec.containers.[].ports");
        assert_eq!(ports.merge_key(), Some("containerPort"));
        assert_eq!(ports.list_map_keys().collect::<Vec<_>>(), ["containerPort", "protocol"]);
        assert_eq!(find("v1", "Service", "spec.ports").merge_key(), Some("port"));
        let volumes = find("v1", "Pod", "spec.volumes").patch_strategy();
        assert_eq!(volumes, PatchStrategy { merge: true, retain_keys: true, replace: false });
        assert!(find("apps/v1", "Deployment", "spec.strategy").patch_strategy().retain_keys);
        assert!(find("policy/v1", "PodDisruptionBudget", "spec.selector").patch_strategy().replace);
        let finalizers = find("v1", "Pod", "metadata.finalizers");
        assert_eq!((finalizers.merge_key(), finalizers.patch_strategy().merge), (None, true));
        let args = find("v1", "Pod", "spec.containers.[].args");
        assert_eq!((args.merge_key(), args.patch_strategy()), (None, PatchStrategy::default()));
        assert!(find("v1", "Pod", "spec.nodeSelector").is_atomic_map());
    }

    #[test]
    fn special_types_are_told_apart() {
        assert_eq!(find("v1", "Service", "spec.ports.[].targetPort").kind(), Kind::IntOrString);
        assert_eq!(find("v1", "Pod", "spec.containers.[].resources.limits.{}").kind(), Kind::Quantity);
        assert_eq!(find("v1", "Pod", "metadata.creationTimestamp").format(), Some(Format::DateTime));
        assert_eq!(find("v1", "Secret", "data.{}").format(), Some(Format::Byte));
        assert_eq!(find("apps/v1", "Deployment", "spec.replicas").format(), Some(Format::Int32));
        assert!(find("apps/v1", "ControllerRevision", "data").preserves_unknown_fields());
        assert!(!find("v1", "Pod", "spec").preserves_unknown_fields());
        let schema = "spec.versions.[].schema.openAPIV3Schema";
        let schema = find("apiextensions.k8s.io/v1", "CustomResourceDefinition", schema);
        let below = schema.field("properties").and_then(Type::additional).unwrap();
        assert_eq!(below.fields().count(), schema.fields().count(), "a schema holds schemas");
        assert_eq!(schema.field("default").unwrap().kind(), Kind::Any);
    }

    #[test]
    fn required_fields_are_known() {
        let spec = find("apps/v1", "Deployment", "spec");
        assert_eq!(spec.required().collect::<Vec<_>>(), ["selector", "template"]);
        assert!(spec.fields().all(|field| field.required == ["selector", "template"].contains(&field.name)));
        assert!(spec.fields().map(|field| field.name).is_sorted());
        assert!(spec.field("replica").is_none() && spec.field("").is_none());
    }
}
