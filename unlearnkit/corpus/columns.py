"""Columns of Arrow and Parquet whose values stand by themselves.

A dictionary keeps the values of rows that are filtered out, and so do views: written as they are,
they would carry what was left out.
"""

from __future__ import annotations

from typing import Any


def standing(schema: Any) -> Any:
    """The schema with plain values in the place of dictionaries and views, also nested ones.

    Raises pyarrow's ArrowNotImplementedError for views of lists.
    """
    import pyarrow as pa

    return pa.schema([_field(one) for one in schema], metadata=schema.metadata)


def without(rows: Any, schema: Any, stays: list[bool]) -> Any:
    """Those rows of a table or batch that stay, cast to a `standing` schema.

    Raises pyarrow's errors where there is no such cast.
    """
    import pyarrow as pa

    return rows.cast(schema).filter(pa.array(stays, pa.bool_()))


def _field(one: Any) -> Any:
    return one.with_type(_plain(one.type))


def _plain(kind: Any) -> Any:
    import pyarrow as pa

    of = pa.types
    if of.is_dictionary(kind):
        return _plain(kind.value_type)
    if of.is_string_view(kind):
        return pa.large_string()
    if of.is_binary_view(kind):
        return pa.large_binary()
    if of.is_struct(kind):
        return pa.struct([_field(kind.field(at)) for at in range(kind.num_fields)])
    if of.is_map(kind):
        return pa.map_(_field(kind.key_field), _field(kind.item_field), kind.keys_sorted)
    if of.is_fixed_size_list(kind):
        return pa.list_(_field(kind.value_field), kind.list_size)
    if of.is_large_list(kind):
        return pa.large_list(_field(kind.value_field))
    if of.is_list(kind):
        return pa.list_(_field(kind.value_field))
    if of.is_list_view(kind) or of.is_large_list_view(kind):
        # What pyarrow 26 casts them to does not even pass its own validation.
        raise pa.ArrowNotImplementedError(f"a column of {kind} cannot be written again")
    return kind
