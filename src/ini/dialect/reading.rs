//! Owns the reading of a whole file by one parser. Must not know how lines are read.

use std::collections::BTreeMap;
use std::mem;

use super::rust::KeyCase;
use super::trace::{Dialect, Name, Role, SectionType, Trace};
use super::{botocore, go, javascript, rust};
use crate::ini::Document;

/// Why a parser knows nothing of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoadError {
    /// The line, from 1.
    pub(crate) line: usize,
    pub(crate) reason: String,
}

/// A section's settings; one of a nested block is `block.key`.
pub(crate) type Settings = BTreeMap<String, String>;

/// Everything that a parser finds in a file by itself; `[default]` is [`SectionType::Profile`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reading(pub(crate) BTreeMap<Name, Settings>);

impl Document<'_> {
    /// The file as the parser of `dialect` has it.
    ///
    /// Go's view is that of its source. It is an error for the Rust SDK that the file is not UTF-8, and for JavaScript's
    /// that a section is called `__proto__`; both go on as if the file were empty.
    pub(crate) fn read_as(&self, dialect: Dialect) -> Result<Reading, LoadError> {
        let text = String::from_utf8_lossy(self.bytes());
        let trace = match dialect {
            Dialect::Botocore => {
                if let Some(fault) = self.faults().first() {
                    return Err(LoadError { line: fault.line, reason: fault.kind.to_string() });
                }
                botocore::trace(self)
            }
            Dialect::Rust | Dialect::Java => {
                if let Err(error) = std::str::from_utf8(self.bytes()) {
                    let reason = "the line is not valid UTF-8".to_owned();
                    return Err(LoadError { line: self.line_number(error.valid_up_to()), reason });
                }
                let case = if dialect == Dialect::Rust { KeyCase::Lower } else { KeyCase::Kept };
                rust::trace(&text, self.kind(), case)
            }
            Dialect::Go => go::trace(&text, self.kind()),
            Dialect::JavaScript => javascript::trace(&text, self.kind()),
        };
        if let Some(step) = trace.last()
            && let Role::Invalid(reason) = step.role
        {
            let line = 1 + text[..step.at].matches('\n').count();
            return Err(LoadError { line, reason: reason.to_owned() });
        }
        Ok(Fold::new(dialect).fold(trace))
    }
}

/// One key of a section.
#[derive(Debug, Clone, Default)]
struct Value {
    text: Option<String>,
    nested: BTreeMap<String, String>,
}

type Section = BTreeMap<String, Value>;

/// The sections so far.
struct Fold {
    dialect: Dialect,
    sections: BTreeMap<Name, Section>,
    defaults: Section,
    place: Place,
    key: String,
}

/// The target of the settings that follow.
enum Place {
    Nowhere,
    Defaults,
    Section(Name),
}

impl Place {
    /// There the Rust SDK looks only for nested settings.
    fn is_services(&self) -> bool {
        matches!(self, Self::Section(name) if name.section_type == SectionType::Services)
    }
}

impl Fold {
    fn new(dialect: Dialect) -> Self {
        let (sections, defaults) = (BTreeMap::new(), Section::new());
        Self { dialect, sections, defaults, place: Place::Nowhere, key: String::new() }
    }

    fn fold(mut self, trace: Trace<'_>) -> Reading {
        for step in trace {
            match step.role {
                Role::Section(name) => self.begin(name),
                Role::Defaults => self.place = Place::Defaults,
                Role::Invalid(_) => {}
                role => self.set(role),
            }
        }
        self.finish()
    }

    /// To botocore a section that another header names again is a new one; to the others it goes on.
    fn begin(&mut self, name: Option<Name>) {
        self.place = name.map_or(Place::Nowhere, Place::Section);
        let Place::Section(name) = &self.place else {
            return;
        };
        if self.dialect == Dialect::Botocore {
            let other = match name.section_type {
                SectionType::Default => Name::new(SectionType::Profile, "default"),
                _ => Name::default(),
            };
            if name.name == "default" && name.section_type <= SectionType::Profile {
                self.sections.remove(&other);
            }
            self.sections.insert(name.clone(), Section::new());
        } else if self.dialect != Dialect::JavaScript {
            self.sections.entry(name.clone()).or_default();
        }
    }

    fn set(&mut self, role: Role<'_>) {
        let section = match &self.place {
            Place::Nowhere => return,
            Place::Defaults => &mut self.defaults,
            Place::Section(name) => self.sections.entry(name.clone()).or_default(),
        };
        match role {
            Role::Setting(key, _) if self.dialect == Dialect::Rust && self.place.is_services() => {
                section.remove(&*key);
            }
            Role::Setting(key, text) => {
                let value = section.entry(key.to_string()).or_default();
                value.text = Some(text.into_owned());
                if self.dialect != Dialect::JavaScript {
                    value.nested.clear();
                }
                self.key = key.into_owned();
            }
            Role::Block(key) if self.dialect != Dialect::JavaScript => {
                section.insert(key.into_owned(), Value::default());
            }
            Role::Nested(block, key, text) => {
                section.entry(block.into_owned()).or_default().nested.insert(key.into_owned(), text.into_owned());
            }
            Role::More(text) => {
                let value = section.entry(self.key.clone()).or_default();
                value.text.get_or_insert_default().extend(["\n", &text]);
            }
            Role::Block(_) | Role::Section(_) | Role::Defaults | Role::Invalid(_) => {}
        }
    }

    fn finish(mut self) -> Reading {
        if self.dialect == Dialect::Rust {
            self.sections.retain(|name, section| name.section_type != SectionType::Services || !section.is_empty());
        }
        let defaults = mem::take(&mut self.defaults);
        for section in self.sections.values_mut() {
            for (key, value) in &defaults {
                section.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        let prefixed = Name::new(SectionType::Profile, "default");
        if let Some(section) = self.sections.remove(&Name::default()) {
            self.sections.entry(prefixed).or_insert(section);
        }
        Reading(self.sections.into_iter().map(|(name, section)| (name, flatten(section))).collect())
    }
}

fn flatten(section: Section) -> Settings {
    let mut settings = Settings::new();
    for (key, value) in section {
        let nested = value.nested.into_iter().map(|(nested, text)| (format!("{key}.{nested}"), text));
        settings.extend(nested);
        settings.extend(value.text.map(|text| (key, text)));
    }
    settings
}
