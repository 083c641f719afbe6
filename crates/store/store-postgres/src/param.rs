//! Values on their way to the server: the parameter's type decides, so that null has the right one.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use kontor_model::{Kind, Value};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

/// The type of a parameter.
pub fn type_of(value: &Value, kind: Kind) -> Type {
    match (value, kind) {
        (Value::Ints(_), _) => Type::INT8_ARRAY,
        (Value::Texts(_), _) => Type::TEXT_ARRAY,
        (_, Kind::Bool) => Type::BOOL,
        (_, Kind::Int) => Type::INT8,
        (_, Kind::Text) => Type::TEXT,
        (_, Kind::Json) => Type::JSONB,
        (_, Kind::Bytes) => Type::BYTEA,
    }
}

/// A bound value.
#[derive(Debug)]
pub struct Param<'a>(pub &'a Value);

impl ToSql for Param<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self.0, ty) {
            (Value::Null, _) => return Ok(IsNull::Yes),
            (Value::Bool(b), &Type::BOOL) => out.put_u8(u8::from(*b)),
            (Value::Int(n), &Type::BOOL) => out.put_u8(u8::from(*n != 0)),
            (Value::Int(n), &Type::INT8) => out.put_i64(*n),
            (Value::Bool(b), &Type::INT8) => out.put_i64(i64::from(*b)),
            (Value::Text(s) | Value::Json(s), &Type::TEXT) => out.extend_from_slice(s.as_bytes()),
            (Value::Int(n), &Type::TEXT) => out.extend_from_slice(n.to_string().as_bytes()),
            (Value::Text(s) | Value::Json(s), &Type::JSONB) => {
                out.put_u8(1);
                out.extend_from_slice(s.as_bytes());
            }
            (Value::Bytes(b), &Type::BYTEA) => out.extend_from_slice(b),
            (Value::Ints(list), &Type::INT8_ARRAY) => return list.to_sql(ty, out),
            (Value::Texts(list), &Type::TEXT_ARRAY) => return list.to_sql(ty, out),
            // The value stays out of the text: it may be a secret.
            _ => return Err(format!("a value of another kind is bound to {ty}").into()),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
