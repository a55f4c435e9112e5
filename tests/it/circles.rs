//! No two files of one room import each other, directly or by way of others: a room is read from the leaves up.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemUse, UseTree, Visibility};

use crate::architecture::src;
use crate::files::files;

/// A path of modules below the crate: `["plan", "block"]`.
type Module = Vec<String>;

/// What one file names, beside its tests.
#[derive(Default)]
struct Names {
    /// `super::block::Body`, `crate::ini::Document`, each part by itself.
    paths: Vec<Module>,
    /// The same in a `pub use`, with the name that it gives.
    reexports: Vec<(Module, String)>,
}

impl Names {
    fn add(&mut self, tree: &UseTree, before: &Module, is_public: bool) {
        let with = |name: String| before.iter().cloned().chain([name]).collect::<Module>();
        match tree {
            UseTree::Path(path) => self.add(&path.tree, &with(path.ident.to_string()), is_public),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add(tree, before, is_public)),
            UseTree::Name(name) if name.ident == "self" => self.paths.push(before.clone()),
            UseTree::Name(name) if is_public => {
                self.reexports.push((with(name.ident.to_string()), name.ident.to_string()));
            }
            UseTree::Name(name) => self.paths.push(with(name.ident.to_string())),
            UseTree::Rename(rename) if is_public => {
                self.reexports.push((with(rename.ident.to_string()), rename.rename.to_string()));
            }
            UseTree::Rename(rename) => self.paths.push(with(rename.ident.to_string())),
            UseTree::Glob(_) => self.paths.push(before.clone()),
        }
    }
}

impl Visit<'_> for Names {
    fn visit_item(&mut self, item: &Item) {
        let attributes: &[Attribute] = match item {
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Mod(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => &[],
        };
        let is_test = |attribute: &Attribute| {
            attribute.path().is_ident("cfg")
                && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string().contains("test"))
        };
        if !attributes.iter().any(is_test) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &ItemUse) {
        self.add(&item.tree, &Module::new(), !matches!(item.vis, Visibility::Inherited));
    }

    /// The `super` of `pub(super)` imports nothing.
    fn visit_visibility(&mut self, _visibility: &Visibility) {}

    fn visit_path(&mut self, path: &syn::Path) {
        self.paths.push(path.segments.iter().map(|part| part.ident.to_string()).collect());
        visit::visit_path(self, path);
    }
}

/// The modules of the crate, which of them import which, and what they re-export.
struct Crate {
    names: BTreeMap<Module, Names>,
    reexports: BTreeMap<Module, Module>,
}

impl Crate {
    fn read() -> Self {
        let files = files(&src(), "rs");
        let names: BTreeMap<Module, Names> = files
            .iter()
            .filter(|file| !file.iter().any(|part| part == "tests" || part == "tests.rs"))
            .map(|file| (module(file.strip_prefix(src()).unwrap()), names(file)))
            .collect();
        let mut all = Self { names, reexports: BTreeMap::new() };
        for (module, names) in &all.names {
            for (path, name) in &names.reexports {
                if let Some(target) = all.absolute(module, path) {
                    all.reexports.insert([&module[..], std::slice::from_ref(name)].concat(), target);
                }
            }
        }
        all
    }

    /// A path as seen from the crate's root; none if it leads elsewhere.
    fn absolute(&self, module: &Module, path: &[String]) -> Option<Module> {
        match path.first()?.as_str() {
            "crate" => Some(path[1..].to_vec()),
            "self" => Some([&module[..], &path[1..]].concat()),
            "super" => {
                let ups = path.iter().take_while(|part| *part == "super").count();
                Some([&module[..module.len().checked_sub(ups)?], &path[ups..]].concat())
            }
            child => {
                let child = [&module[..], &[child.to_owned()]].concat();
                self.names.contains_key(&child).then(|| [&child[..], &path[1..]].concat())
            }
        }
    }

    /// The file that defines what `path` names.
    fn file(&self, path: &[String], depth: usize) -> Option<Module> {
        (1..=path.len()).rev().find_map(|length| {
            let (head, rest) = path.split_at(length);
            match self.reexports.get(head).filter(|_| depth < 5) {
                Some(target) => self.file(&[target, rest].concat(), depth + 1),
                None => self.names.contains_key(head).then(|| head.to_vec()),
            }
        })
    }

    /// The files of its own room that a file imports.
    fn imports(&self, module: &Module) -> BTreeSet<Module> {
        let paths = self.names[module].paths.iter();
        let files = paths.filter_map(|path| self.file(&self.absolute(module, path)?, 0));
        files.filter(|file| file != module && file.first() == module.first()).collect()
    }
}

/// The module of a file, by its path below `src`.
fn module(file: &Path) -> Module {
    let path = file.with_extension("");
    let parts = path.iter().map(|part| part.to_str().unwrap().to_owned());
    parts.filter(|part| !["mod", "lib", "main"].contains(&part.as_str())).collect()
}

fn names(file: &Path) -> Names {
    let file = syn::parse_file(&fs::read_to_string(file).unwrap()).unwrap();
    let mut names = Names::default();
    names.visit_file(&file);
    names
}

/// True if what `start` imports leads back to it.
fn is_in_circle(imports: &BTreeMap<Module, BTreeSet<Module>>, start: &Module) -> bool {
    let mut ahead: Vec<&Module> = imports[start].iter().collect();
    let mut seen: BTreeSet<&Module> = BTreeSet::new();
    while let Some(next) = ahead.pop() {
        if next == start {
            return true;
        }
        if seen.insert(next) {
            ahead.extend(&imports[next]);
        }
    }
    false
}

#[test]
fn files_of_a_room_do_not_import_each_other_in_a_circle() {
    let all = Crate::read();
    let imports: BTreeMap<Module, BTreeSet<Module>> =
        all.names.keys().map(|module| (module.clone(), all.imports(module))).collect();
    let in_circles: Vec<String> = imports
        .keys()
        .filter(|module| is_in_circle(&imports, module))
        .map(|module| format!("{} imports {:?}", module.join("::"), imports[module]))
        .collect();
    assert!(in_circles.is_empty(), "{}", in_circles.join("\n"));
}
