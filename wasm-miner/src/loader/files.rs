//! Which file of a folder is what, by its name.

use crate::{
    error::LoadError,
    loader::manifest::{FileSpec, Manifest},
};

/// A file, where it is, and what the manifest promised of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name without folders.
    pub name: String,
    /// Its address.
    pub url: String,
    /// Its length and digest, where there is a manifest.
    pub spec: Option<FileSpec>,
}

/// The files of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The weights: `*.gguf` or `*.safetensors`.
    pub weights: Entry,
    /// `config.json`, where there is one.
    pub config: Option<Entry>,
    /// `tokenizer.json`, where there is one.
    pub tokenizer: Option<Entry>,
}

impl Entry {
    /// Whether this is a GGUF file by its name.
    #[must_use]
    pub fn is_gguf(&self) -> bool {
        has_ending(&self.name, ".gguf")
    }
}

impl Parts {
    /// Sorts names and addresses. With a manifest, only what it lists counts.
    ///
    /// # Errors
    /// [`LoadError::Files`] where there is not exactly one file with weights.
    pub fn sort(
        files: impl IntoIterator<Item = (String, String)>,
        manifest: Option<&Manifest>,
    ) -> Result<Self, LoadError> {
        let mut weights: Option<Entry> = None;
        let (mut config, mut tokenizer) = (None, None);
        for (name, url) in files {
            let spec = match manifest {
                None => None,
                Some(manifest) => match manifest.files.iter().find(|file| file.path == name) {
                    Some(spec) => Some(spec.clone()),
                    None => continue,
                },
            };
            let entry = Entry { name, url, spec };
            match entry.name.as_str() {
                "config.json" => config = Some(entry),
                "tokenizer.json" => tokenizer = Some(entry),
                name if has_ending(name, ".gguf") || has_ending(name, ".safetensors") => {
                    if let Some(first) = &weights {
                        let reason = format!("both {} and {name} hold weights", first.name);
                        return Err(LoadError::Files { reason });
                    }
                    weights = Some(entry);
                }
                _ => {}
            }
        }
        let missing = || LoadError::Files { reason: "none of them is *.gguf or *.safetensors".into() };
        let weights = weights.ok_or_else(missing)?;
        if config.is_none() && !weights.is_gguf() {
            return Err(LoadError::Files { reason: format!("{} needs a config.json", weights.name) });
        }
        Ok(Self { weights, config, tokenizer })
    }
}

fn has_ending(name: &str, ending: &str) -> bool {
    let cut = name.len().checked_sub(ending.len()).and_then(|at| name.get(at..));
    cut.is_some_and(|tail| tail.eq_ignore_ascii_case(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sort(names: &[&str]) -> Result<Parts, LoadError> {
        Parts::sort(names.iter().map(|name| ((*name).to_owned(), format!("blob:{name}"))), None)
    }

    #[test]
    fn names_say_what_files_are() {
        let parts = sort(&["tokenizer.json", "README.md", "model.safetensors", "config.json"]).unwrap();
        assert_eq!(parts.weights.url, "blob:model.safetensors");
        assert!(parts.config.is_some() && parts.tokenizer.is_some() && !parts.weights.is_gguf());
        assert!(sort(&["Model.GGUF"]).unwrap().weights.is_gguf());
    }

    #[test]
    fn incomplete_and_ambiguous_sets_are_named() {
        let check = |names: &[&str], word: &str| match sort(names) {
            Err(LoadError::Files { reason }) => assert!(reason.contains(word), "{reason}"),
            other => panic!("{other:?}"),
        };
        check(&[], "none of them");
        check(&["config.json", "é.ggu"], "none of them");
        check(&["model.safetensors"], "config.json");
        check(&["a.gguf", "b.safetensors"], "both a.gguf and b.safetensors");
    }
}
