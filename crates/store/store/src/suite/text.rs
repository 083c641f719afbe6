//! Parts of texts, without regard to case and without wildcards.

use kontor_model::Op;

use super::Outcome;
use super::fixture::{Ctx, RECORD, col, row, test};

async fn named(ctx: &Ctx, names: &[&'static str]) -> Outcome {
    ctx.put(RECORD, (1i64..).zip(names).map(|(id, name)| row(id).with("name", *name))).await
}

pub async fn contains_and_starts_with(ctx: Ctx) -> Outcome {
    named(&ctx, &["Anna Meyer", "anna", "MEYER", "Hannah", ""]).await?;
    ctx.put(RECORD, [row(9)]).await?;
    for (op, needle, expected) in [
        (Op::Contains, "anna", vec![1, 2, 4]),
        (Op::Contains, "ANNA", vec![1, 2, 4]),
        (Op::Contains, "meyer", vec![1, 3]),
        (Op::Contains, "a m", vec![1]),
        (Op::Contains, "nobody", vec![]),
        (Op::Contains, "", vec![1, 2, 3, 4, 5]),
        (Op::StartsWith, "ann", vec![1, 2]),
        (Op::StartsWith, "Anna M", vec![1]),
        (Op::StartsWith, "MEY", vec![3]),
        (Op::StartsWith, "eyer", vec![]),
        (Op::StartsWith, "", vec![1, 2, 3, 4, 5]),
    ] {
        same!(ctx.matching(test(col("name"), op, needle)).await?, expected, "{op:?} {needle}");
    }
    Ok(())
}

pub async fn wildcards_are_letters(ctx: Ctx) -> Outcome {
    named(&ctx, &["100%", "100 percent", "a_b", "axb", "c:\\dir", "c:dir", "*star", "[x]", "x", "50%_\\", "?"]).await?;
    for (op, needle, expected) in [
        (Op::Contains, "%", vec![1, 10]),
        (Op::Contains, "0%", vec![1, 10]),
        (Op::Contains, "_", vec![3, 10]),
        (Op::Contains, "a_b", vec![3]),
        (Op::Contains, "\\", vec![5, 10]),
        (Op::Contains, "%_\\", vec![10]),
        (Op::Contains, "*", vec![7]),
        (Op::Contains, "[x]", vec![8]),
        (Op::Contains, "?", vec![11]),
        (Op::StartsWith, "a_", vec![3]),
        (Op::StartsWith, "c:\\", vec![5]),
        (Op::StartsWith, "100%", vec![1]),
        (Op::StartsWith, "%", vec![]),
        (Op::StartsWith, "_", vec![]),
    ] {
        same!(ctx.matching(test(col("name"), op, needle)).await?, expected, "{op:?} {needle}");
    }
    Ok(())
}

pub async fn unicode_without_case(ctx: Ctx) -> Outcome {
    named(&ctx, &["Jürgen Öztürk", "JÜRGEN", "Ωmega", "Жанна", "東京都"]).await?;
    for (op, needle, expected) in [
        (Op::Contains, "jür", vec![1, 2]),
        (Op::StartsWith, "JÜRG", vec![1, 2]),
        (Op::Contains, "öZTÜRK", vec![1]),
        (Op::Contains, "ωME", vec![3]),
        (Op::StartsWith, "жан", vec![4]),
        (Op::Contains, "京", vec![5]),
        (Op::StartsWith, "東", vec![5]),
    ] {
        same!(ctx.matching(test(col("name"), op, needle)).await?, expected, "{op:?} {needle}");
    }
    Ok(())
}
