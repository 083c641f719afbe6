//! The lines of documents, answered with them.

use std::collections::HashMap;
use std::sync::Arc;

use kontor_catalog::ObjectDef;
use kontor_model::{Id, Kind, Op, Result, Value};
use kontor_store::{Cond, Expr, Order, Page, PageRow, Which};

use crate::fetch::Working;
use crate::rights::Reach;
use crate::steps::{LINES, with_member};
use crate::{Ctx, Records};

impl Records {
    /// The lines of documents of `def` that the caller may read, each document's as a JSON array in their order. `work`
    /// is what changes under way make of them.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn lines_of(
        &self,
        ctx: &Ctx,
        def: &ObjectDef,
        documents: Vec<i64>,
        work: Option<&HashMap<Id, Working>>,
    ) -> Result<HashMap<Id, Vec<u8>>> {
        let mut out: HashMap<Id, Vec<u8>> = documents.iter().map(|id| (Id(*id), b"[]".to_vec())).collect();
        let Some(line) = def.lines.as_deref() else { return Ok(HashMap::new()) };
        let Some(view) = ctx.catalog.object(line) else { return Ok(HashMap::new()) };
        if documents.is_empty() || ctx.caller.policy.rule(line).read == Reach::None {
            return Ok(HashMap::new());
        }
        let whole = ctx.whole.require(line)?;
        let parent = whole.part_of.as_deref().and_then(|relation| whole.relation(relation)).map(|(index, _)| index);
        let Some((parent, left)) = parent.and_then(|index| Some((index, whole.expr(index, 0)?))) else {
            return Ok(HashMap::new());
        };
        // Who reads a document reads its lines: they are reached as it is.
        let mut select = ctx.all_of(whole, Which::Live, whole.exprs.clone());
        select = select.filter(Cond::Test { left, op: Op::In, right: Value::Ints(documents) });
        select.order = vec![Order { by: Expr::column("id", Kind::Int), descending: false }];
        let mut found = self.working(ctx, whole, select).await?;
        for (id, own) in work.into_iter().flatten().filter(|(_, w)| w.def.name == whole.name) {
            found.insert(*id, own.clone());
        }
        let position = whole.field("position").map(|(index, _)| index);
        let place = |w: &Working| position.and_then(|p| w.values.get(p)?.as_i64()).unwrap_or(i64::MAX);
        let mut all: Vec<(Id, Working)> = found.into_iter().filter(|(_, w)| !w.deleted).collect();
        all.sort_by_key(|(id, w)| (place(w), *id));
        for (_, line) in all {
            let Some(document) = line.values.get(parent).and_then(Value::as_i64) else { continue };
            let Some(array) = out.get_mut(&Id(document)) else { continue };
            array.pop();
            if array.len() > 1 {
                array.push(b',');
            }
            write(view, &line, array);
            array.push(b']');
        }
        Ok(out)
    }

    /// A page whose documents have their lines.
    pub(crate) async fn page_with_lines(&self, ctx: &Ctx, def: &ObjectDef, page: Page) -> Result<Page> {
        let ids = page.rows.iter().filter_map(|row| row.kept.first()?.as_i64()).collect();
        let lines = self.lines_of(ctx, def, ids, None).await?;
        let mut out =
            Page { bytes: Vec::with_capacity(page.bytes.len() * 4), rows: Vec::with_capacity(page.rows.len()) };
        for (index, row) in page.rows.iter().enumerate() {
            let mut record = page.row(index).to_vec();
            let own = row.kept.first().and_then(Value::as_i64).and_then(|id| lines.get(&Id(id)));
            if let Some(own) = own {
                with_member(&mut record, LINES, own);
            }
            if index > 0 {
                out.bytes.push(b',');
            }
            let start = out.bytes.len();
            out.bytes.extend_from_slice(&record);
            out.rows.push(PageRow { range: start..out.bytes.len(), kept: row.kept.clone() });
        }
        Ok(out)
    }
}

fn write(view: &Arc<ObjectDef>, line: &Working, out: &mut Vec<u8>) {
    view.shape.write(&line.def.row_of_fields(&line.values), out);
}
