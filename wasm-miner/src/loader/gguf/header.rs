//! Reads the header of a GGUF file in pieces of any size. What is held is the current item and what is kept of
//! the metadata; every count and length is bounded before it is believed.

use crate::{
    error::LoadError,
    loader::{
        gguf::{
            MAGIC,
            metadata::{Metadata, Value},
            strings::Strings,
        },
        safetensors::Tensor,
        stored::Stored,
    },
};

/// The longest header: 64 MiB. The largest vocabularies in use take about 12.
const LARGEST_HEADER: u64 = 64 << 20;
const MOST_TENSORS: u64 = 1 << 16;
const MOST_ENTRIES: u64 = 1 << 12;
const MOST_ITEMS: u64 = 1 << 22;
const LONGEST_KEY: u64 = 1 << 10;
const LONGEST_TEXT: u64 = 1 << 20;
const LARGEST_ALIGNMENT: u64 = 1 << 16;

/// The lists that are kept.
const LISTS: [&str; 4] =
    ["tokenizer.ggml.tokens", "tokenizer.ggml.merges", "tokenizer.ggml.scores", "tokenizer.ggml.token_type"];

/// What a header says.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// The metadata.
    pub metadata: Metadata,
    /// The tensors in the order of the file, with places counted from the start of the data.
    pub tensors: Vec<Tensor>,
    /// Bytes from the start of the file to the start of the data.
    pub data_start: u64,
    /// Bytes of the data, with the padding between tensors.
    pub data_bytes: u64,
    /// Tensors start at multiples of this.
    pub alignment: u64,
}

/// Why an item is not read.
enum Halt {
    /// More bytes are needed.
    More,
    /// The file is broken.
    Broken(LoadError),
}

impl From<LoadError> for Halt {
    fn from(error: LoadError) -> Self {
        Self::Broken(error)
    }
}

fn broken<T>(reason: impl Into<String>) -> Result<T, Halt> {
    Err(Halt::Broken(LoadError::Header { reason: reason.into() }))
}

#[derive(Debug)]
enum State {
    Start,
    Entries,
    Items { key: String, kind: u32, left: u64, value: Value },
    Tensors,
    Done,
}

/// Reads a header as it arrives.
#[derive(Debug)]
pub struct HeaderReader {
    held: Vec<u8>,
    /// Bytes that are read and let go of.
    passed: u64,
    state: State,
    entries_left: u64,
    tensors_left: u64,
    metadata: Metadata,
    tensors: Vec<(Tensor, u64)>,
}

impl Default for HeaderReader {
    fn default() -> Self {
        Self::new()
    }
}

impl HeaderReader {
    /// A reader at the first byte.
    #[must_use]
    pub fn new() -> Self {
        Self {
            held: Vec::new(),
            passed: 0,
            state: State::Start,
            entries_left: 0,
            tensors_left: 0,
            metadata: Metadata::default(),
            tensors: Vec::new(),
        }
    }

    /// Takes the next piece. Once the header is complete, it comes back with the bytes after it.
    ///
    /// # Errors
    /// [`LoadError::Header`] naming the rule that is broken.
    pub fn push(&mut self, piece: &[u8]) -> Result<Option<(Header, Vec<u8>)>, LoadError> {
        self.held.extend_from_slice(piece);
        let held = std::mem::take(&mut self.held);
        let mut at = 0;
        let result = loop {
            let mut cursor = Cursor { bytes: held.get(at..).unwrap_or(&[]), at: 0 };
            match self.step(&mut cursor) {
                Ok(()) => at += cursor.at,
                Err(Halt::More) => break Ok(None),
                Err(Halt::Broken(error)) => break Err(error),
            }
            if self.passed + at as u64 > LARGEST_HEADER {
                break Err(LoadError::Header { reason: format!("it is longer than {LARGEST_HEADER} bytes") });
            }
            if matches!(self.state, State::Done) {
                break Ok(Some(()));
            }
        };
        self.passed += at as u64;
        let rest = held.get(at..).unwrap_or(&[]).to_vec();
        match result? {
            None => {
                self.held = rest;
                Ok(None)
            }
            Some(()) => Ok(Some((self.finish()?, rest))),
        }
    }

    /// Reads one item.
    fn step(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Halt> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Start => self.state = self.start(cursor).or_else(|halt| self.again(State::Start, halt))?,
            State::Entries if self.entries_left == 0 => self.state = State::Tensors,
            State::Entries => {
                self.state = self.entry(cursor).or_else(|halt| self.again(State::Entries, halt))?;
            }
            State::Items { key, left: 0, value, .. } => {
                self.metadata.insert(key, value)?;
                self.state = State::Entries;
            }
            State::Items { key, kind, left, mut value } => {
                let taken = items(cursor, kind, left, &mut value);
                let left = left - taken.as_ref().map_or(0, |taken| *taken);
                self.state = State::Items { key, kind, left, value };
                taken?;
            }
            State::Tensors if self.tensors_left == 0 => self.state = State::Done,
            State::Tensors => {
                let tensor = tensor(cursor).or_else(|halt| self.again(State::Tensors, halt))?;
                self.tensors.push(tensor);
                self.tensors_left -= 1;
                self.state = State::Tensors;
            }
            State::Done => {}
        }
        Ok(())
    }

    /// Goes back to the state of before, for when there are more bytes.
    fn again<T>(&mut self, state: State, halt: Halt) -> Result<T, Halt> {
        self.state = state;
        Err(halt)
    }

    fn start(&mut self, cursor: &mut Cursor<'_>) -> Result<State, Halt> {
        if cursor.take(4)? != MAGIC {
            return broken("it does not start with GGUF");
        }
        let version = cursor.u32()?;
        if !matches!(version, 2 | 3) {
            return broken(format!("version {version} is not 2 or 3, little-endian"));
        }
        let (tensors, entries) = (cursor.u64()?, cursor.u64()?);
        if tensors > MOST_TENSORS || entries > MOST_ENTRIES {
            return broken(format!("{tensors} tensors and {entries} entries are too many"));
        }
        (self.tensors_left, self.entries_left) = (tensors, entries);
        Ok(State::Entries)
    }

    fn entry(&mut self, cursor: &mut Cursor<'_>) -> Result<State, Halt> {
        let key = cursor.string(LONGEST_KEY)?.to_owned();
        let kind = cursor.u32()?;
        if kind != ARRAY {
            let value = cursor.value(kind, &key)?;
            self.metadata.insert(key, value)?;
            self.entries_left -= 1;
            return Ok(State::Entries);
        }
        let (kind, left) = (cursor.u32()?, cursor.u64()?);
        if left > MOST_ITEMS {
            return broken(format!("{key} has {left} items"));
        }
        if kind != STRING && size_of_kind(kind).is_none() {
            return broken(format!("{key} is a list of unknown type {kind}"));
        }
        let value = match (LISTS.contains(&key.as_str()), kind) {
            (false, _) => Value::Skipped,
            (true, STRING) => Value::Texts(Strings::default()),
            (true, _) => Value::Numbers(Vec::new()),
        };
        self.entries_left -= 1;
        Ok(State::Items { key, kind, left, value })
    }

    /// Puts the tensors in the order of the file and checks that they neither overlap nor leave holes.
    fn finish(&mut self) -> Result<Header, LoadError> {
        let refuse = |reason: String| Err(LoadError::Header { reason });
        let metadata = std::mem::take(&mut self.metadata);
        let alignment = metadata.whole("general.alignment")?.unwrap_or(32);
        if !alignment.is_power_of_two() || !(8..=LARGEST_ALIGNMENT).contains(&alignment) {
            return refuse(format!("an alignment of {alignment}"));
        }
        let mut list = std::mem::take(&mut self.tensors);
        list.sort_by_key(|(tensor, _)| tensor.begin);
        let mut at: u64 = 0;
        let mut tensors = Vec::with_capacity(list.len());
        for (mut tensor, bytes) in list {
            let expected = at.next_multiple_of(alignment);
            if tensor.begin != expected {
                return refuse(format!("{} starts at {}, not at {expected}", tensor.name, tensor.begin));
            }
            let Some(end) = tensor.begin.checked_add(bytes).filter(|end| *end < 1 << 48) else {
                return refuse(format!("{} has no end", tensor.name));
            };
            tensor.end = end;
            at = end;
            tensors.push(tensor);
        }
        let data_start = self.passed.next_multiple_of(alignment);
        Ok(Header { metadata, tensors, data_start, data_bytes: at, alignment })
    }
}

/// Reads as many items of a list as there are bytes for, at least one. Returns how many.
fn items(cursor: &mut Cursor<'_>, kind: u32, left: u64, value: &mut Value) -> Result<u64, Halt> {
    if kind == STRING {
        let text = cursor.string(LONGEST_TEXT)?;
        if let Value::Texts(list) = value {
            list.push(text)?;
        }
        return Ok(1);
    }
    let size = size_of_kind(kind).unwrap_or(1);
    let here = usize::try_from(left).unwrap_or(usize::MAX).min(cursor.left() / size);
    if here == 0 {
        return Err(Halt::More);
    }
    let bytes = cursor.take(here * size)?;
    if let Value::Numbers(list) = value {
        for item in bytes.chunks_exact(size) {
            list.push(number(kind, item).unwrap_or(f32::NAN));
        }
    }
    Ok(here as u64)
}

#[expect(clippy::cast_precision_loss, reason = "scores are f32 and types are small")]
fn number(kind: u32, bytes: &[u8]) -> Option<f32> {
    Some(match kind {
        4 => u32::from_le_bytes(bytes.try_into().ok()?) as f32,
        5 => i32::from_le_bytes(bytes.try_into().ok()?) as f32,
        6 => f32::from_le_bytes(bytes.try_into().ok()?),
        _ => return None,
    })
}

/// Name, dimensions, type and offset of a tensor, and its length.
fn tensor(cursor: &mut Cursor<'_>) -> Result<(Tensor, u64), Halt> {
    let name = cursor.string(LONGEST_KEY)?.to_owned();
    let count = cursor.u32()?;
    if !(1..=4).contains(&count) {
        return broken(format!("{name} has {count} dimensions"));
    }
    let mut shape = Vec::new();
    let mut values: u64 = 1;
    for _ in 0..count {
        let side = cursor.u64()?;
        let product = values.checked_mul(side).filter(|values| *values < 1 << 48);
        let (Some(product), Ok(side)) = (product, u32::try_from(side)) else {
            return broken(format!("{name} has a side of {side}"));
        };
        values = product;
        shape.push(side as usize);
    }
    // The first dimension is the one that lies together in memory: the columns.
    shape.reverse();
    let (kind, begin) = (cursor.u32()?, cursor.u64()?);
    let Some(stored) = Stored::of_ggml(kind) else {
        return broken(format!("{name} has type {kind}, which is not read"));
    };
    let columns = shape.last().copied().unwrap_or(0) as u64;
    let bytes = stored.bytes(values).filter(|_| stored.bytes(columns).is_some());
    let Some(bytes) = bytes else {
        return broken(format!("{name} has rows of {columns}, which are not whole blocks"));
    };
    Ok((Tensor { name, stored: Some(stored), shape, begin, end: begin }, bytes))
}

const STRING: u32 = 8;
const ARRAY: u32 = 9;

fn size_of_kind(kind: u32) -> Option<usize> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Halt> {
        let end = self.at.checked_add(count).ok_or(Halt::More)?;
        let bytes = self.bytes.get(self.at..end).ok_or(Halt::More)?;
        self.at = end;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Halt> {
        self.take(N)?.try_into().map_err(|_wrong_length: std::array::TryFromSliceError| Halt::More)
    }

    fn u32(&mut self) -> Result<u32, Halt> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, Halt> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn string(&mut self, longest: u64) -> Result<&'a str, Halt> {
        let length = self.u64()?;
        let Some(length) = usize::try_from(length).ok().filter(|_| length <= longest) else {
            return broken(format!("a text of {length} bytes"));
        };
        std::str::from_utf8(self.take(length)?).or_else(|_| broken("a text that is not UTF-8"))
    }

    fn value(&mut self, kind: u32, key: &str) -> Result<Value, Halt> {
        let signed = |number: i64| u64::try_from(number).map_or(Value::Negative(number), Value::Whole);
        Ok(match kind {
            0 => Value::Whole(u64::from(u8::from_le_bytes(self.array()?))),
            1 => signed(i64::from(i8::from_le_bytes(self.array()?))),
            2 => Value::Whole(u64::from(u16::from_le_bytes(self.array()?))),
            3 => signed(i64::from(i16::from_le_bytes(self.array()?))),
            4 => Value::Whole(u64::from(self.u32()?)),
            5 => signed(i64::from(i32::from_le_bytes(self.array()?))),
            6 => Value::Float(f64::from(f32::from_le_bytes(self.array()?))),
            7 => match self.array()? {
                [0] => Value::Bool(false),
                [1] => Value::Bool(true),
                [other] => return broken(format!("{key} is {other}, neither yes nor no")),
            },
            STRING => {
                let text = self.string(LONGEST_TEXT)?;
                // Templates and the like are long, and nothing asks for them.
                if text.len() > 4096 { Value::Skipped } else { Value::Text(text.to_owned()) }
            }
            10 => Value::Whole(self.u64()?),
            11 => signed(i64::from_le_bytes(self.array()?)),
            12 => Value::Float(f64::from_le_bytes(self.array()?)),
            other => return broken(format!("{key} has the unknown type {other}")),
        })
    }
}
