//! Texts that a command is given as a file or on stdin.

use std::io::Read;
use std::path::Path;

use anyhow::Context;

use crate::failure::{Failure, Outcome};

/// The text of a file of at most so many bytes; `-` is stdin. No error quotes it.
pub(crate) fn text(file: &Path, most: u64) -> Outcome<String> {
    let is_stdin = file.as_os_str() == "-";
    let name = if is_stdin { "stdin".to_owned() } else { file.display().to_string() };
    let mut bytes = Vec::new();
    let read = if is_stdin {
        std::io::stdin().lock().take(most + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|open| open.take(most + 1).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("cannot read {name}"))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > most) {
        return Err(Failure::message(format!("{name} is larger than {}", size(most))));
    }
    String::from_utf8(bytes).map_err(|_| {
        Failure::message(format!("{name} is no UTF-8 text"))
            .hint("only texts can be read; encode others, as in base64")
    })
}

/// Bytes as people say them.
fn size(bytes: u64) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{} KiB", bytes >> 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_bounded_and_texts() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("file");
        let read = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            text(&path, 4096).map_err(|failure| format!("{:#}", failure.error))
        };
        assert_eq!(read("é\n".as_bytes()).as_deref(), Ok("é\n"));
        assert_eq!(read(&[b'x'; 4096]).map(|text| text.len()), Ok(4096));
        assert!(read(&[b'x'; 4097]).unwrap_err().ends_with("is larger than 4 KiB"));
        assert!(read(b"canary\xff").unwrap_err().ends_with("is no UTF-8 text"));
        assert!(text(folder.path(), 4096).is_err());
    }
}
