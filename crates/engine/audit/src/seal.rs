//! A seal: which entries there are, with their hashes, behind which seal.

use kontor_model::{Error, Kind, Result, SpaceId, Value};
use kontor_store::{Batch, Expr, Select, Store, system};

use crate::Signer;
use crate::digest::{Canon, Hash, of};

/// Bytes of an entry in [`Seal::leaves`]: its id and its hash.
const LEAF: usize = 40;

/// A link of a space's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// 1, 2, … without a gap.
    pub sequence: i64,
    pub first_id: i64,
    pub last_id: i64,
    pub count: i64,
    /// The highest id that is sealed by now. Entries of a seal lie behind the one before it, unless they came late.
    pub watermark: i64,
    /// Id and hash of each entry, in the order of ids, 40 bytes each.
    pub leaves: Vec<u8>,
    /// SHA-256 of `leaves`.
    pub root: Hash,
    /// The hash of the seal before; zeros for the first.
    pub previous: Hash,
    /// Unix milliseconds.
    pub sealed_at: i64,
    pub hash: Hash,
    /// [`Signer::id`].
    pub key: String,
    pub signature: Vec<u8>,
}

const COLUMNS: [(&str, Kind); 12] = [
    ("id", Kind::Int),
    ("first_id", Kind::Int),
    ("last_id", Kind::Int),
    ("entries", Kind::Int),
    ("watermark", Kind::Int),
    ("leaves", Kind::Bytes),
    ("root", Kind::Bytes),
    ("previous", Kind::Bytes),
    ("sealed_at", Kind::Int),
    ("hash", Kind::Bytes),
    ("key", Kind::Text),
    ("signature", Kind::Bytes),
];

pub(crate) fn columns() -> Vec<Expr> {
    COLUMNS.iter().map(|(name, kind)| Expr::column(name, *kind)).collect()
}

impl Seal {
    /// The next seal over these entries, in the order of their ids.
    pub(crate) fn next(
        space: SpaceId,
        previous: Option<&Seal>,
        entries: &[(i64, Hash)],
        now: i64,
        signer: &Signer,
    ) -> Self {
        let mut leaves = Vec::with_capacity(entries.len() * LEAF);
        for (id, hash) in entries {
            leaves.extend_from_slice(&id.to_be_bytes());
            leaves.extend_from_slice(hash);
        }
        let last_id = entries.last().map_or(0, |(id, _)| *id);
        let mut seal = Self {
            sequence: previous.map_or(0, |p| p.sequence) + 1,
            first_id: entries.first().map_or(0, |(id, _)| *id),
            last_id,
            count: i64::try_from(entries.len()).unwrap_or(i64::MAX),
            watermark: previous.map_or(last_id, |p| p.watermark.max(last_id)),
            root: of(&leaves),
            leaves,
            previous: previous.map_or([0; 32], |p| p.hash),
            sealed_at: now,
            hash: [0; 32],
            key: signer.id().to_owned(),
            signature: Vec::new(),
        };
        seal.hash = seal.head(space);
        seal.signature = signer.sign(&seal.hash);
        seal
    }

    /// The hash of everything but the signature.
    pub(crate) fn head(&self, space: SpaceId) -> Hash {
        let mut canon = Canon::new("kontor.audit.seal.1");
        for n in [space.0, self.sequence, self.first_id, self.last_id, self.count, self.watermark, self.sealed_at] {
            canon.int(n);
        }
        canon.bytes(&self.root);
        canon.bytes(&self.previous);
        canon.bytes(self.key.as_bytes());
        canon.finish()
    }

    /// Id and hash of each entry.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (i64, &[u8])> {
        self.leaves.chunks_exact(LEAF).filter_map(|leaf| {
            let (id, hash) = leaf.split_at_checked(8)?;
            Some((i64::from_be_bytes(id.try_into().ok()?), hash))
        })
    }

    /// Whether `leaves` are what the other members say.
    pub(crate) fn is_sound(&self) -> bool {
        let ids = || self.entries().map(|(id, _)| id);
        self.leaves.len().is_multiple_of(LEAF)
            && self.leaves.len() / LEAF == usize::try_from(self.count).unwrap_or(usize::MAX)
            && of(&self.leaves) == self.root
            && ids().zip(ids().skip(1)).all(|(a, b)| a < b)
            && ids().next() == Some(self.first_id)
            && ids().last() == Some(self.last_id)
    }

    pub(crate) fn batch(&self, space: SpaceId) -> Batch {
        let mut batch = Batch::new(space);
        let values: [Value; 12] = [
            self.sequence.into(),
            self.first_id.into(),
            self.last_id.into(),
            self.count.into(),
            self.watermark.into(),
            Value::Bytes(self.leaves.clone()),
            Value::Bytes(self.root.to_vec()),
            Value::Bytes(self.previous.to_vec()),
            self.sealed_at.into(),
            Value::Bytes(self.hash.to_vec()),
            self.key.clone().into(),
            Value::Bytes(self.signature.clone()),
        ];
        batch.insert(
            system::AUDIT_SEAL,
            COLUMNS.iter().zip(values).map(|((name, kind), value)| (*name, *kind, value)).collect(),
        );
        batch
    }

    /// A row of [`columns`]; bytes of another length than a hash's are read as zeros, which no seal has.
    pub(crate) fn read(values: Vec<Value>) -> Option<Self> {
        let [
            Value::Int(sequence),
            Value::Int(first_id),
            Value::Int(last_id),
            Value::Int(count),
            Value::Int(watermark),
            Value::Bytes(leaves),
            Value::Bytes(root),
            Value::Bytes(previous),
            Value::Int(sealed_at),
            Value::Bytes(hash),
            Value::Text(key),
            Value::Bytes(signature),
        ]: [Value; 12] = values.try_into().ok()?
        else {
            return None;
        };
        // Bytes of another length are no hash, and not the zeros that stand before the first seal either.
        let fixed = |bytes: Vec<u8>| Hash::try_from(bytes.as_slice()).unwrap_or([0xFF; 32]);
        Some(Self {
            sequence,
            first_id,
            last_id,
            count,
            watermark,
            leaves,
            root: fixed(root),
            previous: fixed(previous),
            sealed_at,
            hash: fixed(hash),
            key,
            signature,
        })
    }
}

/// The newest seal of a space.
///
/// # Errors
/// The database's.
pub async fn last(store: &dyn Store, space: SpaceId) -> Result<Option<Seal>> {
    let select = Select::new(space, system::AUDIT_SEAL, columns()).order(Expr::column("id", Kind::Int), true).limit(1);
    match store.rows(select).await?.pop() {
        None => Ok(None),
        Some(row) => Seal::read(row).map(Some).ok_or_else(|| Error::internal("a seal of the audit cannot be read")),
    }
}
