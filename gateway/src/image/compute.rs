//! Turns a batch into its image: decompress under a cap, walk the records, apply the chain, collect
//! what survives in wire form. Whatever cannot be handled is withheld, never passed on.

use std::cell::RefCell;
use std::sync::OnceLock;

use bytes::Bytes;
use policies::{Chain, DropReason, Part, RecordView, Scratch, Verdict};

use super::fates::{Fate, Fates};
use super::{ENCODINGS, Image, ImageCounts};
use crate::limits::BATCH_DECOMPRESSED_BYTES_MAX;
use crate::upstream::{BatchKind, FetchedBatch};
use crate::wire::WireError;
use crate::wire::codec::{self, Codec};
use crate::wire::rebuild::{self, Changed};
use crate::wire::record::{Headers, RecordSpan, Records};
use crate::wire::record_batch::HEADER_BYTES;

/// Scratch above this size is given back after use, so that one huge batch does not stay.
const SCRATCH_BYTES_KEPT_MAX: usize = 4 * 1024 * 1024;

thread_local! {
    static WORKER: RefCell<Worker> = RefCell::default();
}

/// One thread's reusable buffers.
#[derive(Default)]
struct Worker {
    chain: Scratch,
    decompressed: Vec<u8>,
    survivors: Vec<u8>,
}

/// What a walk found.
struct Walked {
    counts: ImageCounts,
    fates: Fates,
    last_kept: Option<i64>,
}

impl Image {
    /// Computes the image, the same whatever became of the batch's transaction: who may see it is
    /// not decided here. Control and corrupt batches have empty images; a batch that cannot be
    /// decompressed or walked is withheld whole and counted.
    pub fn compute(batch: &FetchedBatch, partition: i32, chain: &Chain) -> Image {
        match batch.kind {
            BatchKind::Data | BatchKind::Undecided | BatchKind::Aborted => {}
            BatchKind::Marker { .. } | BatchKind::Control => {
                return Image::empty(batch, partition, ImageCounts::default());
            }
            BatchKind::Corrupt => {
                return Image::withheld(batch, partition, WireError::BadCrc);
            }
        }
        let computed = WORKER.with_borrow_mut(|worker| {
            let image = compute(batch, partition, chain, worker);
            for buffer in [&mut worker.decompressed, &mut worker.survivors] {
                buffer.clear();
                buffer.shrink_to(SCRATCH_BYTES_KEPT_MAX);
            }
            image
        });
        computed.unwrap_or_else(|error| Image::withheld(batch, partition, error))
    }

    fn withheld(batch: &FetchedBatch, partition: i32, error: WireError) -> Image {
        let counts = ImageCounts { batch_withheld: Some(error), ..ImageCounts::default() };
        Image::empty(batch, partition, counts)
    }

    fn empty(batch: &FetchedBatch, partition: i32, counts: ImageCounts) -> Image {
        Image {
            header: batch.batch.header,
            partition,
            records: Bytes::new(),
            record_count: 0,
            counts,
            fates: Fates::default(),
            last_kept: None,
            owns_records: false,
            untouched: None,
            rebuilt: OnceLock::new(),
            frames: [const { OnceLock::new() }; ENCODINGS],
        }
    }
}

fn compute(
    batch: &FetchedBatch,
    partition: i32,
    chain: &Chain,
    worker: &mut Worker,
) -> Result<Image, WireError> {
    let header = &batch.batch.header;
    let Worker { chain: scratch, decompressed, survivors } = worker;
    let codec = header.codec()?;
    let section = match codec {
        Codec::None => batch.batch.records(),
        codec => {
            let compressed = batch.batch.records();
            codec::decompress(codec, compressed, decompressed, BATCH_DECOMPRESSED_BYTES_MAX)?;
            decompressed.as_slice()
        }
    };
    let count = usize::try_from(header.record_count).map_err(|_| WireError::BadLength)?;
    let records = Records::new(section, count, header.last_offset_delta);
    survivors.clear();
    let walked = walk((records, count), chain, scratch, survivors)?;
    let offset = |delta: i64| header.base_offset.saturating_add(delta);
    let whole = usize::try_from(walked.counts.kept).is_ok_and(|kept| kept == count)
        && walked.counts.changed == 0;
    let mut image = Image::empty(batch, partition, walked.counts);
    image.fates = walked.fates;
    image.record_count = image.counts.kept;
    image.last_kept = walked.last_kept.map(offset);
    if whole {
        image.untouched = Some(batch.batch.clone());
    }
    if whole && codec == Codec::None {
        image.records = batch.batch.bytes.slice(HEADER_BYTES..);
    } else if codec == Codec::None {
        // The batch holds the records as they are: one piece of memory for both.
        let rebuilt = rebuild::batch(header, survivors, image.record_count, codec)?;
        image.records = rebuilt.bytes.slice(HEADER_BYTES..);
        image.rebuilt = OnceLock::from(Ok(rebuilt));
    } else {
        let records = if whole { section } else { survivors.as_slice() };
        image.records = Bytes::copy_from_slice(records);
        image.owns_records = true;
    }
    Ok(image)
}

/// Applies the chain to each record; what survives is appended to `survivors` (but not under the
/// empty chain: there the section itself survives).
fn walk(
    (records, count): (Records<'_>, usize),
    chain: &Chain,
    scratch: &mut Scratch,
    survivors: &mut Vec<u8>,
) -> Result<Walked, WireError> {
    let fates = Fates::of(count);
    let mut walked = Walked { counts: ImageCounts::default(), fates, last_kept: None };
    let filters = !chain.is_empty();
    for record in records {
        let record = record?;
        let verdict = match filters {
            true => {
                let RecordSpan { key, value, headers, .. } = &record;
                chain.apply(&RecordView { key: *key, value: *value, headers }, scratch)
            }
            false => Verdict::Keep,
        };
        match verdict {
            Verdict::Keep => {
                if filters {
                    survivors.extend_from_slice(record.bytes);
                }
            }
            Verdict::Replace => {
                append_changed(survivors, &record, scratch);
                walked.counts.changed += 1;
                walked.fates.set(record.offset_delta, Fate::Changed);
            }
            Verdict::Drop(DropReason::Filtered) => {
                walked.counts.filtered += 1;
                walked.fates.set(record.offset_delta, Fate::Filtered);
                continue;
            }
            Verdict::Drop(DropReason::Withheld(reason)) => {
                walked.counts.withhold(reason);
                walked.fates.set(record.offset_delta, Fate::Withheld);
                continue;
            }
        }
        walked.counts.kept += 1;
        walked.last_kept = Some(i64::from(record.offset_delta));
    }
    Ok(walked)
}

fn append_changed(survivors: &mut Vec<u8>, record: &RecordSpan<'_>, scratch: &Scratch) {
    let new_headers: Option<Headers<'_>> = scratch.headers().map(Iterator::collect);
    let headers = match &new_headers {
        Some(headers) => headers.as_slice(),
        None => record.headers.as_slice(),
    };
    let changed = Changed {
        key: changed_part(record.key, scratch.key()),
        value: changed_part(record.value, scratch.value()),
        headers,
    };
    rebuild::append_record(survivors, record, &changed);
}

fn changed_part<'a>(old: Option<&'a [u8]>, part: Part<'a>) -> Option<&'a [u8]> {
    match part {
        Part::Same => old,
        Part::New(bytes) => Some(bytes),
    }
}

#[cfg(test)]
mod tests;
