//! All that the typesetter sees: the template, the data, the logo and the fonts.

use std::sync::LazyLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, Source};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

const TEMPLATE: &str = include_str!("../../templates/sheet.typ");
const FONTS: [&[u8]; 3] = [
    include_bytes!("../../fonts/Inter-Regular.otf"),
    include_bytes!("../../fonts/Inter-SemiBold.otf"),
    include_bytes!("../../fonts/DroidSansFallbackFull.ttf"),
];

/// What is the same for every document.
struct House {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
}

static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let fonts: Vec<Font> = FONTS.into_iter().flat_map(|data| Font::iter(Bytes::new(data))).collect();
    House {
        library: LazyHash::new(Library::builder().build()),
        book: LazyHash::new(FontBook::from_fonts(&fonts)),
        fonts,
    }
});

/// A picture under the name that the template calls it by.
#[derive(Clone)]
pub(super) struct Image {
    pub name: &'static str,
    pub bytes: Vec<u8>,
}

/// One document on its way.
pub(super) struct Desk {
    data: Bytes,
    logo: Option<(&'static str, Bytes)>,
}

impl Desk {
    pub fn new(data: Vec<u8>, logo: Option<Image>) -> Self {
        Self { data: Bytes::new(data), logo: logo.map(|image| (image.name, Bytes::new(image.bytes))) }
    }
}

/// Read once.
static MAIN: LazyLock<Source> = LazyLock::new(|| Source::detached(TEMPLATE));

/// The name of a file at the root.
fn name(id: FileId) -> String {
    id.vpath().get_without_slash().to_owned()
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &HOUSE.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &HOUSE.book
    }

    fn main(&self) -> FileId {
        MAIN.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == MAIN.id() { Ok(MAIN.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let wanted = name(id);
        if wanted == "data.json" {
            return Ok(self.data.clone());
        }
        let logo = self.logo.as_ref().filter(|(name, _)| *name == wanted);
        logo.map(|(_, bytes)| bytes.clone()).ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        HOUSE.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        // The days of a document are its own.
        None
    }
}
