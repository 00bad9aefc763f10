//! New files, all of them or none: nothing that is there is touched, and nothing is left half written.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::super::Failure;

pub struct NewFile {
    pub path: PathBuf,
    pub text: String,
}

/// Those that are there already.
pub fn existing(paths: &[PathBuf]) -> Vec<&PathBuf> {
    // A link that leads nowhere is there too.
    paths.iter().filter(|path| path.symlink_metadata().is_ok()).collect()
}

/// Writes all files beside where they belong, then names them all; takes back what was named when one cannot be.
pub fn write_all(files: &[NewFile]) -> Result<(), Failure> {
    let mut made = Made::default();
    let mut staged = Vec::new();
    for file in files {
        let folder = file.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let failed = |cause: io::Error| Failure::machine(format!("cannot write {}", file.path.display()), cause);
        made.folder(folder).map_err(failed)?;
        staged.push((stage(folder, &file.text).map_err(failed)?, &file.path));
    }
    for (file, path) in staged {
        file.persist_noclobber(path)
            .map_err(|error| Failure::machine(format!("cannot write {}", path.display()), error.error))?;
        made.files.push(path.clone());
    }
    made.keep();
    Ok(())
}

fn stage(folder: &Path, text: &str) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".feedmill-init-");
    // Nothing in it is secret: as any file that is made, within the user's mask.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// What was made so far; it goes again unless it is kept.
#[derive(Default)]
struct Made {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Made {
    fn folder(&mut self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            self.folder(parent)?;
        }
        std::fs::create_dir(folder)?;
        self.folders.push(folder.to_owned());
        Ok(())
    }

    fn keep(mut self) {
        self.folders.clear();
        self.files.clear();
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        // What cannot be taken back stays; the error that led here is told.
        for file in &self.files {
            let _ = std::fs::remove_file(file);
        }
        for folder in self.folders.iter().rev() {
            let _ = std::fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path, names: &[&str]) -> Vec<NewFile> {
        names.iter().map(|name| NewFile { path: folder.join(name), text: format!("text of {name}\n") }).collect()
    }

    #[test]
    fn all_files_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path(), &["a/b/x.toml", "a/y.toml", "z.toml"]);
        write_all(&files).unwrap_or_else(|error| panic!("{error}"));
        for file in &files {
            assert_eq!(std::fs::read_to_string(&file.path).unwrap(), file.text);
        }
        assert_eq!(std::fs::read_dir(folder.path().join("a")).unwrap().count(), 2, "only what was asked for");
    }

    #[test]
    fn one_that_cannot_be_written_leaves_none() {
        for obstacle in ["a/y.toml", "z.toml"] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(obstacle);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "mine").unwrap();
            let files = files(folder.path(), &["a/b/x.toml", "a/y.toml", "z.toml"]);
            let paths: Vec<PathBuf> = files.iter().map(|file| file.path.clone()).collect();
            assert_eq!(existing(&paths), [&path]);
            assert!(write_all(&files).is_err());
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
            let left = walk(folder.path());
            assert_eq!(left, [path], "nothing beside what was there");
        }
    }

    fn walk(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
    }
}
